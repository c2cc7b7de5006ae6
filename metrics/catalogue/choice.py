"""Multiple choice by log-probability: the grade that a benchmark reports, and what the probabilities say beneath it."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import polars as pl

from metrics.arrays import Floats
from metrics.batch import Batch
from metrics.choices import ChoiceTable, per_choice, text_lengths
from metrics.registry import metric

NEEDS = ("choice_logprobs", "gold")
BRIER = "Brier 1950, Monthly Weather Review 78(1)"


def _one_of(sizes: Floats) -> Floats:
    """What guessing gives where one choice of K is right: 1 / K."""
    return 1.0 / sizes


def _grade(table: ChoiceTable, scores: Floats) -> Floats:
    """1 where the right choice has the highest score; NaN where a score is not finite."""
    finite = np.logical_and.reduceat(np.isfinite(scores), table.starts)
    right = table.chosen(np.where(np.isfinite(scores), scores, -np.inf)) == table.gold
    return np.where(finite, right.astype(np.float64), np.nan)


def _declare_grade(
    name: str, label: str, needs: tuple[str, ...], how: str, source: str
) -> Callable[[Callable[[Batch], pl.Series]], Callable[[Batch], pl.Series]]:
    return metric(
        name,
        label=label,
        kind="discontinuous",
        unit="share",
        low=0,
        high=1,
        needs=(*NEEDS, *needs),
        definition=f"1 if the right choice has the highest {how}, the first of equal ones counting; else 0",
        source=source,
        chance=_one_of,
    )


@_declare_grade(
    "multiple_choice_grade",
    "Multiple choice grade",
    (),
    "log-probability",
    "`acc` of lm-evaluation-harness; Srivastava et al. 2022, arXiv:2206.04615, section 2.1",
)
def multiple_choice_grade(batch: Batch) -> pl.Series:
    """Highest summed log-probability."""
    return batch.choices.score(lambda table: _grade(table, table.logprobs))


@_declare_grade(
    "multiple_choice_grade_per_token",
    "Multiple choice grade (per token)",
    ("choice_n_tokens",),
    "log-probability per token",
    "Brown et al. 2020, arXiv:2005.14165, section 2.4",
)
def multiple_choice_grade_per_token(batch: Batch) -> pl.Series:
    """Highest mean log-probability of a token; NULL where a choice has no token count."""
    return batch.choices.score(
        lambda table: _grade(table, _per(table, per_choice(batch.samples, "choice_n_tokens", table)))
    )


@_declare_grade(
    "multiple_choice_grade_per_character",
    "Multiple choice grade (per character)",
    ("choices",),
    "log-probability per character of the choice's text",
    "`acc_norm` of lm-evaluation-harness",
)
def multiple_choice_grade_per_character(batch: Batch) -> pl.Series:
    """Highest log-probability by code points; NULL where a choice is empty."""
    return _by_text(batch, "characters")


@_declare_grade(
    "multiple_choice_grade_per_byte",
    "Multiple choice grade (per byte)",
    ("choices",),
    "log-probability per UTF-8 byte of the choice's text",
    "`acc_bytes` of lm-evaluation-harness",
)
def multiple_choice_grade_per_byte(batch: Batch) -> pl.Series:
    """Highest log-probability by UTF-8 bytes; NULL where a choice is empty."""
    return _by_text(batch, "bytes")


@_declare_grade(
    "multiple_choice_grade_unconditional",
    "Multiple choice grade (unconditional)",
    ("choice_unconditional_logprobs",),
    "log-probability less that of the same text without the question",
    "`acc_mutual_info` of lm-evaluation-harness; Brown et al. 2020, arXiv:2005.14165, section 2.4",
)
def multiple_choice_grade_unconditional(batch: Batch) -> pl.Series:
    """Highest pointwise mutual information with the question."""
    return batch.choices.score(
        lambda table: _grade(table, table.logprobs - per_choice(batch.samples, "choice_unconditional_logprobs", table))
    )


def _by_text(batch: Batch, unit: str) -> pl.Series:
    lengths = text_lengths(batch.samples, unit)
    return batch.choices.score(lambda table: _grade(table, _per(table, per_choice(lengths, "length", table))))


def _per(table: ChoiceTable, lengths: Floats) -> Floats:
    """Log-probabilities by length; NaN where there is no length to divide by."""
    divided: Floats = np.divide(table.logprobs, lengths, out=np.full(len(lengths), np.nan), where=lengths > 0)
    return divided


@metric(
    "correct_choice_probability",
    label="Probability of the right choice",
    kind="smooth",
    unit="share",
    low=0,
    high=1,
    needs=NEEDS,
    definition="probability of the right choice, the choices' probabilities made to add up to 1",
    source="Schaeffer et al. 2024, arXiv:2406.04391, section 3",
    chance=_one_of,
)
def correct_choice_probability(batch: Batch) -> pl.Series:
    """Softmax of the summed log-probabilities, at the right choice."""
    return batch.choices.score(lambda table: table.probabilities[table.gold])


@metric(
    "choice_margin",
    label="Margin of the right choice",
    kind="smooth",
    unit="nats",
    low=None,
    high=None,
    needs=NEEDS,
    definition="log-probability of the right choice less that of the best wrong one; above 0 the grade is 1",
    source="log-odds against the strongest competitor",
    chance=np.zeros_like,
)
def choice_margin(batch: Batch) -> pl.Series:
    """Nats; NULL where there is no wrong choice."""

    def margin(table: ChoiceTable) -> Floats:
        wrong = np.where(table.is_gold, -np.inf, table.logprobs)
        best: Floats = np.maximum.reduceat(wrong, table.starts)
        difference: Floats = table.logprobs[table.gold] - best
        return difference

    return batch.choices.score(margin)


def _squares(table: ChoiceTable) -> Floats:
    """(samples,) squared distance of the probabilities from the right answer, summed over choices: 0 to 2."""
    squares: Floats = np.add.reduceat(np.square(table.probabilities - table.is_gold), table.starts)
    return squares


@metric(
    "brier_score",
    label="Brier score",
    kind="smooth",
    unit="share",
    low=0,
    high=1,
    higher_is_better=False,
    needs=NEEDS,
    definition="half the squared distance between the choices' probabilities and the right answer, summed over choices",
    source=f"{BRIER}, halved so that it lies in [0, 1] for every number of choices",
    chance=lambda sizes: (1.0 - 1.0 / sizes) / 2.0,
)
def brier_score(batch: Batch) -> pl.Series:
    """0: sure and right; 1: sure and wrong."""
    return batch.choices.score(lambda table: _squares(table) / 2.0)


@metric(
    "brier_score_lm_eval",
    label="Brier score (lm-evaluation-harness)",
    kind="smooth",
    unit="squares",
    low=0,
    high=2,
    higher_is_better=False,
    needs=NEEDS,
    definition="squared distance between the choices' probabilities and the right answer, summed over choices",
    source=f"`brier_score` of lm-evaluation-harness; {BRIER}",
    default=False,
    chance=lambda sizes: 1.0 - 1.0 / sizes,
)
def brier_score_lm_eval(batch: Batch) -> pl.Series:
    """0 to 2."""
    return batch.choices.score(_squares)


@metric(
    "brier_score_big_bench",
    label="Brier score (BIG-bench)",
    kind="smooth",
    unit="squares",
    low=0,
    high=1,
    higher_is_better=False,
    needs=NEEDS,
    definition="mean over choices of the squared distance between probability and right answer; shrinks with choices",
    source="`brier_score` of BIG-bench 1.0 for one sample; over samples it pools choices (see the cell metric)",
    default=False,
    chance=lambda sizes: (1.0 - 1.0 / sizes) / sizes,
)
def brier_score_big_bench(batch: Batch) -> pl.Series:
    """The sum divided by the number of choices."""
    return batch.choices.score(lambda table: _squares(table) / table.sizes)
