"""Cell metrics: scores that exist for a run as a whole only, not for one output."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from metrics.arrays import Floats, Ints
from metrics.intervals import t_quantile, wilson
from metrics.registry import NAME, Kind, MetricError

SCHEMA = {
    "run_id": pl.String,
    "metric": pl.String,
    "version": pl.Int32,
    "value": pl.Float64,
    "se": pl.Float64,
    "low": pl.Float64,
    "high": pl.Float64,
    "n": pl.Int64,
    "reason": pl.String,
}
"""Columns of ``score_cells`` and of table ``cell_score``: one row a (run, cell metric)."""


@dataclass(frozen=True)
class Parts:
    """What the outputs of a run add to its score.

    Attributes:
        values: (outputs, parts) numbers that are summed over outputs; or one row an item, where that is what counts.
        item: (outputs,) the item of each, as whole numbers.
        combine: The score from sums (..., parts).
    """

    values: Floats
    item: Ints
    combine: Callable[[Floats], Floats]


@dataclass(frozen=True)
class CellScore:
    """Score of one run.

    Attributes:
        value: The score; None where there is none.
        se: Standard error over items (delete-one jackknife, Efron and Stein 1981); None with fewer than two items.
        low: Lower 95 % limit, inside the metric's bounds; None likewise.
        high: Upper 95 % limit.
        n: Outputs (or items, where the definition counts items) that it rests on.
        reason: Why there is no score; None where there is one.
    """

    value: float | None
    se: float | None
    low: float | None
    high: float | None
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
        function: What the samples of one run add to its score; a text where they give none: why.
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
    function: Callable[[pl.DataFrame], Parts | str]


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
            numbers = (found.value, found.se, found.low, found.high, found.n)
            rows.append((run_id, declared.name, declared.version, *numbers, found.reason))
    return pl.DataFrame(rows, schema=SCHEMA, orient="row").sort("run_id", "metric")


def _score(declared: CellMetric, run: pl.DataFrame) -> CellScore:
    absent = [
        column for column in declared.needs if column not in run.columns or run[column].null_count() == run.height
    ]
    if absent:
        return _nothing(f"not available: no {' and no '.join(absent)} in this run")
    found = declared.function(run)
    return _nothing(found) if isinstance(found, str) else _with_interval(declared, found)


def _nothing(reason: str) -> CellScore:
    return CellScore(None, None, None, None, 0, reason)


def _with_interval(declared: CellMetric, parts: Parts) -> CellScore:
    value = float(parts.combine(parts.values.sum(0)))
    items, place = np.unique(parts.item, return_inverse=True)
    n, n_items = len(parts.values), len(items)
    if n_items < 2:
        return CellScore(value, None, None, None, n)
    by_item = np.zeros((n_items, parts.values.shape[1]))
    np.add.at(by_item, place, parts.values)
    without_one = parts.combine(by_item.sum(0) - by_item)
    se = float(np.sqrt((n_items - 1) * without_one.var()))
    if se == 0.0 and declared.kind == "discontinuous":
        # all items alike: what n such items leave open
        low, high = (float(limit) for limit in wilson(value * n_items, n_items))
        return CellScore(value, se, low, high, n)
    reach = t_quantile(0.975, n_items - 1) * se
    return CellScore(value, se, max(value - reach, declared.low), min(value + reach, declared.high), n)


def catalogue() -> pl.DataFrame:
    """Every cell metric as one row: the part of the warehouse's ``metric`` table that has the grain ``run``."""
    names = ("name", "label", "kind", "unit", "low", "high", "higher_is_better", "version", "definition", "source")
    rows = [
        {name: getattr(declared, name) for name in names}
        | {"needs": list(declared.needs), "grain": "run", "tokenization": None}
        for declared in CELL_METRICS.values()
    ]
    return pl.DataFrame(rows, schema_overrides={"version": pl.Int32, "tokenization": pl.String, "low": pl.Float64})
