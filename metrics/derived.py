"""Metrics made from metrics: on extracted answers, past a threshold, corrected for chance.

``find`` knows them by name: ``exact_match__letter``, ``token_edit_similarity_char__at_least_0_9``,
``brier_score__at_most_0_1``, ``multiple_choice_grade__above_chance``, ``exact_match__above_0_25``; rules add up from
left to right, as in ``chrf__flexible_number__at_least_0_5``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import polars as pl

from metrics import extraction_json
from metrics.batch import Batch
from metrics.choices import choice_table
from metrics.extraction import EXTRACTIONS, Extraction
from metrics.registry import DERIVATIONS, Metric, MetricError, find

_THRESHOLD = re.compile(r"at_(least|most)_(minus_)?(\d+)(?:_(\d+))?")
_LEVEL = re.compile(r"above_(minus_)?(\d+)(?:_(\d+))?")
_TEXT = {"output", "targets"}
# the version of a derived metric tells both versions apart
_VERSIONS = 1000


def on_extracted(base: Metric, rule: str) -> Metric | None:
    """A metric of text on the answers that an extraction finds; None where the rule names no extraction."""
    if rule not in EXTRACTIONS:
        return None
    declared = EXTRACTIONS[rule]
    if not set(base.needs) <= _TEXT or "output" not in base.needs:
        raise MetricError(f"metric {base.name!r} does not compare output with targets; {rule!r} has no answer to give")
    return replace(
        base,
        name=f"{base.name}__{rule}",
        label=f"{base.label}, {declared.label}",
        needs=tuple(declared.column if need == "output" else need for need in base.needs),
        version=base.version * _VERSIONS + declared.version,
        definition=f"{base.definition}. Answer: {declared.definition}",
        source=f"{base.source}. Answer: {declared.source}",
        function=_score_extracted(base, declared),
        examples=declared.examples,
        default=False,
    )


def _score_extracted(base: Metric, declared: Extraction) -> Callable[[Batch], pl.Series]:
    def score(batch: Batch) -> pl.Series:
        answers = batch.derived(declared.name, declared.apply)
        known = answers.samples["targets"].list.len() > 0
        if known.all():
            return base.function(answers)
        # a sample without a target of that form has no score
        usable = batch.derived(f"{declared.name} with a target", lambda samples: declared.apply(samples).filter(known))
        nothing = pl.Series([None], dtype=pl.Float64).new_from_index(0, len(known))
        return nothing.scatter(known.arg_true(), base.function(usable))

    return score


def past_threshold(base: Metric, rule: str) -> Metric | None:
    """1 where a smooth metric reaches a threshold; None where the rule is no threshold.

    Raises:
        MetricError: The metric is not smooth, the threshold lies on the worse side of everything, or it is turned
            against the metric's direction.
    """
    read = _THRESHOLD.fullmatch(rule)
    if read is None:
        return None
    least, minus, whole, fraction = read.groups()
    limit = float(f"{'-' if minus else ''}{whole}.{fraction or 0}")
    _check_threshold(base, least == "least", limit)
    words = f"at {least} {limit:g}"

    def passed(batch: Batch) -> pl.Series:
        values = base.function(batch)
        return ((values >= limit) if least == "least" else (values <= limit)).cast(pl.Float64)

    return replace(
        base,
        name=f"{base.name}__{rule}",
        label=f"{base.label} {words}",
        kind="discontinuous",
        unit="share",
        low=0,
        high=1,
        higher_is_better=True,
        version=base.version * _VERSIONS + 1,
        definition=f"1 if {words}, else 0: {base.definition}",
        source=f"threshold of a smooth metric; {base.source}",
        function=passed,
        default=False,
        chance=None,
    )


def _check_threshold(base: Metric, is_least: bool, limit: float) -> None:
    if base.kind != "smooth":
        raise MetricError(f"metric {base.name!r} is {base.kind}; only a smooth metric has a threshold to pass")
    if is_least != base.higher_is_better:
        word = "at_least" if base.higher_is_better else "at_most"
        raise MetricError(f"metric {base.name!r}: its better side is the other one; use {word}")
    worst, best = (base.low, base.high) if base.higher_is_better else (base.high, base.low)
    beyond = best is not None and (limit > best if is_least else limit < best)
    trivial = worst is not None and (limit <= worst if is_least else limit >= worst)
    if beyond or trivial:
        raise MetricError(f"metric {base.name!r}: threshold {limit:g} is outside {worst} (passed by all) to {best}")


def above_chance(base: Metric, rule: str) -> Metric | None:
    """0 at the chance level of the sample's number of choices, 1 at best, below 0 for worse than guessing.

    Raises:
        MetricError: The metric declares no chance level, or has no best value.
    """
    if rule != "above_chance":
        return None
    chance = base.chance
    best = base.high if base.higher_is_better else base.low
    if chance is None or best is None:
        raise MetricError(f"metric {base.name!r} has no chance level from choices or no best value to measure against")

    def corrected(batch: Batch) -> pl.Series:
        sizes = np.full(batch.samples.height, np.nan)
        table = choice_table(batch.samples)
        sizes[table.rows] = table.sizes
        level = chance(sizes)
        room = best - level
        values = base.function(batch).fill_null(np.nan).to_numpy()
        share = np.divide(values - level, room, out=np.full(len(room), np.nan), where=room != 0)
        return pl.Series(share).fill_nan(None)

    # with two choices every metric here is worst at minus one; with more choices guessing is nearer to the worst
    return replace(
        base,
        name=f"{base.name}__{rule}",
        label=f"{base.label} above chance",
        kind="smooth",
        unit="share",
        low=None,
        high=1,
        higher_is_better=True,
        version=base.version * _VERSIONS + 1,
        definition=f"(score - chance) / (best - chance), chance by the number of choices; {base.definition}",
        source=f"BIG-bench's normalised score, Srivastava et al. 2022, arXiv:2206.04615, section 3.1; {base.source}",
        function=corrected,
        default=False,
        chance=None,
    )


def above_level(base: Metric, rule: str) -> Metric | None:
    """0 at a chance level that is named, 1 at best, below 0 for worse; None where the rule names no level.

    Raises:
        MetricError: The metric has no best value, is a count, or the level is not below the best value.
    """
    read = _LEVEL.fullmatch(rule)
    if read is None:
        return None
    minus, whole, fraction = read.groups()
    level = float(f"{'-' if minus else ''}{whole}.{fraction or 0}")
    best, worst = (base.high, base.low) if base.higher_is_better else (base.low, base.high)
    if best is None or base.kind == "count":
        raise MetricError(f"metric {base.name!r} has no best value to measure against")
    outside = worst is not None and not min(best, worst) <= level <= max(best, worst)
    if level == best or (level > best) == base.higher_is_better or outside:
        start = "anywhere" if worst is None else f"{worst:g}"
        raise MetricError(f"metric {base.name!r}: chance {level:g} must lie from {start} to below the best, {best:g}")

    def corrected(batch: Batch) -> pl.Series:
        return (base.function(batch) - level) / (best - level)

    return replace(
        base,
        name=f"{base.name}__{rule}",
        label=f"{base.label} above {level:g}",
        unit="share",
        low=None if worst is None else (worst - level) / (best - level),
        high=1,
        higher_is_better=True,
        version=base.version * _VERSIONS + 1,
        definition=f"(score - {level:g}) / ({best:g} - {level:g}), {level:g} being chance; {base.definition}",
        source=f"BIG-bench's normalised score, Srivastava et al. 2022, arXiv:2206.04615, section 3.1; {base.source}",
        function=corrected,
        default=False,
        chance=None,
    )


DERIVATIONS.extend((on_extracted, past_threshold, above_chance, above_level))


def correct_for_chance(value: float | None, chance: float | None, best: float) -> float | None:
    """A mean score on the scale from its floor (0) to its best value (1); None without a floor or room above it.

    Args:
        value: Mean score; None: there is none.
        chance: Its floor, as in table ``floor`` or as the study says.
        best: Best value of the metric.
    """
    if value is None or chance is None or chance == best:
        return None
    return (value - chance) / (best - chance)


def declare_derived() -> None:
    """Enter the derived metrics that people look for by name; others are entered when they are asked for."""
    extraction_json.declare()
    for rule in EXTRACTIONS:
        if rule != "raw":
            find(f"exact_match__{rule}")
    find("multiple_choice_grade__above_chance")
