"""The scores that a log itself states, beside the same scores recomputed from the rows that were read."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import polars as pl

from flows.sources.schema import RUN_FIELDS, DataType, Finding

TOLERANCE = 1e-6

REPORTED_SCHEMA: dict[str, DataType] = {
    **RUN_FIELDS,
    "subset": pl.String,
    "metric": pl.String,
    "value": pl.Float64,
    "se": pl.Float64,
    "n_items": pl.Int64,
    "recomputed": pl.Float64,
    "route": pl.String,
    "our_metric": pl.String,
}
"""Scores as logs state them. ``metric`` and ``value`` are the log's own name and number, never ours; ``subset`` is a
split or subtask; ``recomputed`` is NULL where no rows came with it; ``route`` says from what it was recomputed:
``outputs`` or ``item_scores`` (the log's own scores of single items); ``our_metric`` names the metric of the
catalogue with the same definition, where there is one."""


@dataclass(frozen=True)
class Reported:
    """One score that a log states.

    Attributes:
        run: Values of ``RUN_FIELDS``.
        metric: The log's name of it.
        value: The log's number, in the log's unit.
        se: Its standard error, where stated.
        n_items: Items it is over, where stated.
        recomputed: The same from the rows read; None: it could not be.
        route: ``outputs`` or ``item_scores``.
        subset: Split or subtask.
        our_metric: Metric of the catalogue that gives ``recomputed``.
    """

    run: Mapping[str, Any]
    metric: str
    value: float
    se: float | None = None
    n_items: int | None = None
    recomputed: float | None = None
    route: str | None = None
    subset: str | None = None
    our_metric: str | None = None

    @property
    def agrees(self) -> bool | None:
        """The two numbers are the same; None: there is only one."""
        if self.recomputed is None:
            return None
        return is_same(self.value, self.recomputed)

    @property
    def title(self) -> str:
        """What it is called in findings."""
        task = str(self.run.get("task_id"))
        subset = "" if self.subset is None or self.subset in task else f" ({self.subset})"
        return f"{self.metric} of {task}{subset}"


def is_same(value: float, recomputed: float) -> bool:
    """Two numbers agree: within 1e-6, of each other or of their size."""
    return math.isclose(value, recomputed, rel_tol=TOLERANCE, abs_tol=TOLERANCE)


class Means:
    """Means of scores while rows go by, by any key."""

    def __init__(self) -> None:
        self._sums: defaultdict[Any, list[float]] = defaultdict(lambda: [0.0, 0.0])
        self._lacking: set[Any] = set()

    def add(self, key: Any, value: float | None) -> None:
        """One more score; None says that a row lacks it, and then there is no mean of all rows."""
        if value is None:
            self._lacking.add(key)
            return
        kept = self._sums[key]
        kept[0] += value
        kept[1] += 1

    def add_all(self, key: Any, values: npt.NDArray[np.float64]) -> None:
        """Many scores, one after the other as ``add`` would; NaN says that a row lacks it."""
        if np.isnan(values).any():
            self._lacking.add(key)
            values = values[~np.isnan(values)]
        if len(values):
            kept = self._sums[key]
            # numpy's own sum adds in another order, which would change the last digit
            kept[0] = float(np.add.accumulate(np.concatenate([[kept[0]], values]))[-1])
            kept[1] += len(values)

    def mean(self, key: Any) -> float | None:
        """The mean, or None where there is none, or where a row lacks its score."""
        if key in self._lacking or key not in self._sums:
            return None
        total, n = self._sums[key]
        return total / n

    def n(self, key: Any) -> int:
        """Number of scores."""
        return int(self._sums[key][1]) if key in self._sums else 0


def reported_frame(scores: Iterable[Reported]) -> pl.DataFrame | None:
    """Scores as rows of ``REPORTED_SCHEMA``, or None where there are none."""
    names = [name for name in REPORTED_SCHEMA if name not in RUN_FIELDS]
    rows = [
        {name: score.run.get(name) for name in RUN_FIELDS} | {name: getattr(score, name) for name in names}
        for score in scores
    ]
    return pl.DataFrame(rows, schema=REPORTED_SCHEMA) if rows else None


def reported_findings(scores: Iterable[Reported], uri: str) -> list[Finding]:
    """Each score that differs, and in one note each those that agree and those that stand alone."""
    scores = list(scores)
    differing = [_differs(score, uri) for score in scores if score.agrees is False]
    equal = [f"{score.title} {score.value:.6g}" for score in scores if score.agrees]
    alone = [score.title for score in scores if score.agrees is None]
    notes = []
    if equal:
        reason = f"recomputed from the rows read and equal to the log: {_listed(equal)}"
        notes.append(Finding("note", "score_agrees", reason, "nothing to do", uri=uri))
    if alone:
        reason = f"scores of the log that were not recomputed: {_listed(alone)}"
        notes.append(Finding("note", "score_not_recomputed", reason, "kept under the log's own names", uri=uri))
    return [*differing, *notes]


def _differs(score: Reported, uri: str) -> Finding:
    reason = f"{score.title} is {score.value!r} in the log and {score.recomputed!r} from the rows read"
    return Finding("warning", "score_differs", reason, "rows stored as read; check that the file is whole", uri=uri)


def _listed(names: list[str], shown: int = 8) -> str:
    more = f" and {len(names) - shown:,} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more
