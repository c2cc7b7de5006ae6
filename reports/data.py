"""What one ladder page is made of: rows of named views, read for many ladders at a time."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import duckdb
import polars as pl

from reports import numbers, queries
from reports.axes import AXES, Axis
from reports.rulers import RULERS, Ruler
from warehouse import query

BROWSER_ITEMS = 60
BROWSER_CHARACTERS = 240
LEFT_ZERO = 0.02
SEED_RISE = 0.10

VIEWS = (
    "ladder_overview",
    "verdict",
    "score_by_scale",
    "score_by_run",
    "metric_description",
    "change_by_gap",
    "jump_by_gap",
    "compounding_by_length",
    "resolution_by_scale",
    "forecast_from_below",
    "finding_by_ladder",
)
QUERIES: dict[str, dict[str, object]] = {
    "ladder_points": {},
    "ladder_scales": {},
    "output_summary": {},
    "browser_outputs": {"n_items": BROWSER_ITEMS, "n_characters": BROWSER_CHARACTERS},
    "compounding_summary": {"least": LEFT_ZERO},
    "forecast_summary": {},
    "seed_gaps": {"least": SEED_RISE},
    "missing_scores": {},
}

Row = dict[str, Any]


@dataclass(frozen=True)
class Scale:
    """One point of a ladder: its rank, its label on the ladder's axis, its replicates, its value on every axis."""

    index: int
    value: float
    label: str
    model_id: str
    n_runs: int
    axes: dict[str, float | None]


@dataclass(frozen=True)
class LadderData:
    """Everything the warehouse says of one ladder.

    Attributes:
        ladder_id: The ladder.
        frames: Rows by name of view or query; a name without rows is an empty frame.
    """

    ladder_id: str
    frames: dict[str, pl.DataFrame]

    def rows(self, name: str, **where: object) -> list[Row]:
        """Rows of a view or query, in order of its key, where columns have these values."""
        found = self.frames[name]
        if where and not found.is_empty():
            found = found.filter(**where)
        return found.to_dicts()

    def row(self, name: str, **where: object) -> Row | None:
        """The first such row; None: there is none."""
        return next(iter(self.rows(name, **where)), None)

    @cached_property
    def overview(self) -> Row:
        """The row of ``ladder_overview``."""
        return self.frames["ladder_overview"].row(0, named=True)

    @cached_property
    def constants(self) -> Row:
        """Constants in force when the verdict was made."""
        return self._document("constants")

    @cached_property
    def evidence(self) -> Row:
        """Further numbers that led to the verdict."""
        return self._document("evidence")

    @cached_property
    def axis(self) -> Axis:
        """The axis that orders the ladder."""
        return AXES[self.overview["axis"]]

    @cached_property
    def title(self) -> str:
        """Name of the task for people."""
        return str(self.overview["task_title"] or self.overview["task_id"])

    @cached_property
    def metrics(self) -> dict[str, str]:
        """Metric shown by each ruler, by the ruler's key."""
        scored = set(self.frames["score_by_scale"].get_column("metric", default=pl.Series(dtype=pl.String)))
        return {ruler.key: ruler.choose(self.overview["tokenization"], scored) for ruler in RULERS}

    @cached_property
    def scales(self) -> list[Scale]:
        """Points of the ladder in order."""
        return [
            Scale(
                row["scale_index"],
                row["scale"],
                self.axis.text(row["scale"]),
                row["model_id"],
                row["n_runs"],
                {name: row[name] for name in AXES},
            )
            for row in self.rows("ladder_scales")
        ]

    def gap_label(self, gap_index: int) -> str:
        """Both ends of a gap, with a dash between."""
        return f"{self.scales[gap_index].label}{numbers.DASH}{self.scales[gap_index + 1].label}"

    def missing(self, ruler: Ruler) -> str | None:
        """Why a ruler has no curve on this ladder; None: it has one."""
        metric = self.metrics[ruler.key]
        if self.rows("score_by_scale", metric=metric):
            return None
        tried = self.row("missing_scores", metric=metric)
        if tried is None:
            return f"{metric} was not computed in this study"
        if tried["n_runs_without"] == tried["n_runs"]:
            return str(tried["reason"]).removeprefix("not available: ").replace("in this run", "in this source")
        lacking = tried["n_runs_without"] or tried["n_runs_in_part"]
        if lacking:
            return f"{lacking} of {tried['n_runs']} runs lack it for some or all outputs, and a curve needs all"
        return (
            "no item was answered by every run" if not self.overview["n_items"] else "it could not be paired over runs"
        )

    def _document(self, column: str) -> Row:
        row = self.row("verdict")
        found: Row = json.loads(row[column]) if row else {}
        return found


def read_ladders(con: duckdb.DuckDBPyConnection, ladder_ids: Sequence[str], batch: int = 50) -> Iterator[LadderData]:
    """Read ladders, a batch of them with one query a view.

    Args:
        con: A published snapshot, open for reading.
        ladder_ids: Which, in the order wanted.
        batch: Ladders in memory at a time.
    """
    for start in range(0, len(ladder_ids), batch):
        chosen = list(ladder_ids[start : start + batch])
        frames = {name: query.frame(con, name, ladder_id=chosen) for name in VIEWS}
        for name, parameters in QUERIES.items():
            frames[name] = queries.frame(con, name, ladder_ids=chosen, **parameters)
        parts = {name: frame.partition_by("ladder_id", as_dict=True) for name, frame in frames.items()}
        for ladder_id in chosen:
            yield LadderData(ladder_id, {name: parts[name].get((ladder_id,), frames[name].clear()) for name in frames})
