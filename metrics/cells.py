"""Cell metrics: scores that exist for a run as a whole only, not for one output."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import polars as pl
from scipy.special import gammaln

from metrics.arrays import Floats
from metrics.choices import choice_table
from metrics.registry import NAME, Kind, MetricError
from metrics.scores import score_samples

SCHEMA = {
    "run_id": pl.String,
    "metric": pl.String,
    "version": pl.Int32,
    "value": pl.Float64,
    "n": pl.Int64,
    "reason": pl.String,
}
"""Columns of ``score_cells``: one row a (run, cell metric)."""

CALIBRATION_BINS = 10
TRIES = (1, 2, 5, 10, 100)


@dataclass(frozen=True)
class CellScore:
    """Score of one run.

    Attributes:
        value: The score; None where there is none.
        n: Samples (or items, where the definition counts items) that it rests on.
        reason: Why there is no score; None where there is one.
    """

    value: float | None
    n: int
    reason: str | None = None


@dataclass(frozen=True)
class CellMetric:
    """One ruler for one run.

    Attributes:
        name: Name, unlike that of any metric of single outputs.
        label: Name for people.
        kind: ``discontinuous`` or ``smooth``.
        unit: ``share`` ([0,1]) or ``squares``.
        low: Lowest possible value.
        high: Highest possible value.
        higher_is_better: Direction.
        needs: Columns of ``sample`` it reads.
        version: Raised when the definition changes.
        definition: One sentence for people.
        source: Paper, formula or convention it follows.
        function: Scores the samples of one run.
    """

    name: str
    label: str
    kind: Kind
    unit: str
    low: float
    high: float
    higher_is_better: bool
    needs: tuple[str, ...]
    version: int
    definition: str
    source: str
    function: Callable[[pl.DataFrame], CellScore]


CELL_METRICS: dict[str, CellMetric] = {}


def declare_cell_metric(declared: CellMetric) -> None:
    """Enter a cell metric in the catalogue.

    Raises:
        MetricError: The name is taken or is not lower-case snake case.
    """
    if not NAME.fullmatch(declared.name):
        raise MetricError(f"cell metric name {declared.name!r}: use lower-case letters, digits and underscores")
    if declared.name in CELL_METRICS:
        raise MetricError(f"cell metric {declared.name!r} is declared twice; give one of the two another name")
    CELL_METRICS[declared.name] = declared


def score_cells(samples: pl.DataFrame, names: Sequence[str] | None = None) -> pl.DataFrame:
    """Score runs (columns of table ``sample``) under the named cell metrics, or under all.

    Returns:
        One row a (run, cell metric) with the columns of ``SCHEMA``; ``value`` is NULL where the run has no score, and
        ``reason`` then says what is missing.

    Raises:
        MetricError: A name is not in the catalogue.
    """
    unknown = sorted(set(names or ()) - set(CELL_METRICS))
    if unknown:
        raise MetricError(f"cell metric {unknown[0]!r} does not exist; choose from {', '.join(sorted(CELL_METRICS))}")
    chosen = [CELL_METRICS[name] for name in (CELL_METRICS if names is None else names)]
    rows = []
    for (run_id,), run in samples.partition_by("run_id", as_dict=True, maintain_order=True).items():
        for declared in chosen:
            found = _score(declared, run)
            rows.append((run_id, declared.name, declared.version, found.value, found.n, found.reason))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row").sort("run_id", "metric")


def _score(declared: CellMetric, run: pl.DataFrame) -> CellScore:
    absent = [
        column for column in declared.needs if column not in run.columns or run[column].null_count() == run.height
    ]
    if absent:
        return CellScore(None, 0, f"not available: no {' and no '.join(absent)} in this run")
    return declared.function(run)


NO_CHOICES = CellScore(None, 0, "not available: no sample of this run has comparable choices")


def expected_calibration_error(confidence: Floats, right: Floats, bins: int = CALIBRATION_BINS) -> float:
    """Mean distance between confidence and accuracy over bins of equal width, weighted by the answers in them.

    Args:
        confidence: (answers,) probability given to the answer chosen, (0, 1]; a bin includes its upper limit.
        right: (answers,) 1 where it was right.
        bins: How many.
    """
    place = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    gap = np.bincount(place, confidence - right, minlength=bins)
    return float(np.abs(gap).sum() / len(confidence))


def _calibration(run: pl.DataFrame) -> CellScore:
    table = choice_table(run)
    if not len(table.rows):
        return NO_CHOICES
    chosen = table.chosen(table.logprobs)
    right = (chosen == table.gold).astype(np.float64)
    return CellScore(expected_calibration_error(table.probabilities[chosen], right), len(table.rows))


def _pooled_brier(run: pl.DataFrame) -> CellScore:
    table = choice_table(run)
    if not len(table.rows):
        return NO_CHOICES
    return CellScore(float(np.mean(np.square(table.probabilities - table.is_gold))), len(table.rows))


def pass_at_k(n_tries: Floats, n_right: Floats, k: int) -> Floats:
    """Probability that k tries drawn without replacement from the n made hold a right one: 1 - C(n - c, k) / C(n, k).

    Args:
        n_tries: (items,) tries made, n.
        n_right: (items,) right ones among them, c.
        k: Tries allowed.

    Returns:
        (items,) unbiased estimates; NaN where fewer than k tries were made.
    """
    wrong = n_tries - n_right
    enough = wrong >= k
    with np.errstate(invalid="ignore"):
        log_ratio = (
            gammaln(np.where(enough, wrong, k) + 1)
            - gammaln(np.where(enough, wrong - k, 0) + 1)
            - gammaln(n_tries + 1)
            + gammaln(np.maximum(n_tries - k, 0) + 1)
        )
    estimate = np.where(enough, -np.expm1(np.minimum(log_ratio, 0.0)), 1.0)
    return np.where(n_tries >= k, estimate, np.nan)


def _pass_at(run: pl.DataFrame, k: int) -> CellScore:
    scored = score_samples(run, ["exact_match"]).frame.drop_nulls("exact_match")
    items = scored.group_by("item_id").agg(n=pl.len().cast(pl.Float64), c=pl.col("exact_match").sum())
    estimates = pass_at_k(items["n"].to_numpy(), items["c"].to_numpy(), k)
    known = estimates[np.isfinite(estimates)]
    if not len(known):
        most = int(items["n"].max() or 0)  # type: ignore[arg-type]
        return CellScore(None, 0, f"not available: at most {most} outputs of an item in this run, {k} are needed")
    return CellScore(float(known.mean()), len(known))


declare_cell_metric(
    CellMetric(
        name="expected_calibration_error",
        label="Expected calibration error",
        kind="smooth",
        unit="share",
        low=0,
        high=1,
        higher_is_better=False,
        needs=("choice_logprobs", "gold"),
        version=1,
        definition="distance between confidence in the chosen answer and accuracy in ten bins, weighted by answers",
        source="Guo et al. 2017, arXiv:1706.04599, section 2, bins of equal width",
        function=_calibration,
    )
)
declare_cell_metric(
    CellMetric(
        name="brier_score_big_bench_pooled",
        label="Brier score (BIG-bench, pooled)",
        kind="smooth",
        unit="squares",
        low=0,
        high=1,
        higher_is_better=False,
        needs=("choice_logprobs", "gold"),
        version=1,
        definition="mean over all choices of all samples of the squared distance between probability and right answer",
        source="`brier_score` of BIG-bench 1.0: samples with more choices weigh more",
        function=_pooled_brier,
    )
)
for _k in TRIES:
    declare_cell_metric(
        CellMetric(
            name=f"pass_at_{_k}",
            label=f"Pass at {_k}",
            kind="discontinuous",
            unit="share",
            low=0,
            high=1,
            higher_is_better=True,
            needs=("output", "targets"),
            version=1,
            definition=f"probability that of {_k} outputs of an item one or more is an exact match, mean over items",
            source="Chen et al. 2021, arXiv:2107.03374, equation 1; items with fewer outputs are left out",
            function=partial(_pass_at, k=_k),
        )
    )
