"""Rows that a reader makes one by one, packed into batches in ``READ_SCHEMA``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import polars as pl
import pyarrow as pa

from flows.sources import checks
from flows.sources.finding_log import FindingLog
from flows.sources.registry import Batch, SourceSettings
from flows.sources.schema import MODEL_SCHEMA, READ_SCHEMA, RUN_FIELDS, DataType

ARROW: dict[Any, Any] = {
    pl.String: pa.large_string(),
    pl.Float64: pa.float64(),
    pl.Int32: pa.int32(),
    pl.Boolean: pa.bool_(),
}
"""Types of elements of lists."""
BATCH_ROWS = 20_000
BATCH_BYTES = 32 * 2**20


def said_by_study(settings: SourceSettings) -> dict[str, Any]:
    """Values of ``RUN_FIELDS`` that an entry of the study sets for every row."""
    return {name: getattr(settings, name) for name in RUN_FIELDS if getattr(settings, name) is not None}


class Packer:
    """Collects rows and gives them as batches; a row that no column can hold is left out and named.

    Attributes:
        log: Findings of the file.
        rows: Rows not yet given, with their line.
    """

    def __init__(self, log: FindingLog, settings: SourceSettings) -> None:
        self.log = log
        self.fixed = said_by_study(settings)
        self.rows: list[dict[str, Any]] = []
        self._size = 0
        self._n_quarantined = 0

    def add(self, line: int, row: Mapping[str, Any], size: int = 0) -> None:
        """One row of fields; fields it does not name are NULL."""
        self.rows.append({"repeat": 0, **row, **self.fixed, "line": line})
        self._size += size

    @property
    def is_full(self) -> bool:
        """It is time to take a batch."""
        return len(self.rows) >= BATCH_ROWS or self._size >= BATCH_BYTES

    def batch(self, models: pl.DataFrame | None = None, reported: pl.DataFrame | None = None) -> Batch:
        """The rows since the last batch, checked."""
        samples = self._frame()
        self.rows, self._size = [], 0
        if samples.height:
            samples = checks.drop_rows_without_key(samples, self.log)
            samples = checks.blank_impossible(samples, self.log)
            checks.note_missing_targets(samples, self.log)
        n_new = self.log.n_quarantined - self._n_quarantined
        self._n_quarantined = self.log.n_quarantined
        return Batch(samples, self.log.take(), n_new, models, reported)

    def whole(self, samples: pl.DataFrame) -> Batch:
        """A batch of rows that are in their final types and known to hold nothing that the checks look for."""
        return Batch(samples, self.log.take())

    def last(self, models: pl.DataFrame | None = None, reported: pl.DataFrame | None = None) -> Batch:
        """The rest of the rows, and the counts that end the findings of a file."""
        batch = self.batch(models, reported)
        return replace(batch, findings=(*batch.findings, *self.log.close()))

    def companion(self, models: pl.DataFrame | None = None, reported: pl.DataFrame | None = None) -> Batch:
        """The only batch of a file that goes with others which hold the rows."""
        return replace(self.last(models, reported), is_companion=True)

    def _frame(self) -> pl.DataFrame:
        try:
            return _frame(self.rows)
        except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError):
            return pl.concat([_frame([]), *(frame for row in self.rows if (frame := self._alone(row)) is not None)])

    def _alone(self, row: dict[str, Any]) -> pl.DataFrame | None:
        try:
            return _frame([row])
        except (TypeError, ValueError, OverflowError, pl.exceptions.PolarsError) as error:
            self.log.quarantine("unstorable", row["line"], f"a value no column can hold: {str(error)[:120]!a}")
            return None


def _frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    columns = {name: _series(name, [row.get(name) for row in rows], dtype) for name, dtype in READ_SCHEMA.items()}
    return pl.DataFrame(columns, schema=READ_SCHEMA)


def _series(name: str, column: list[Any], dtype: DataType) -> pl.Series:
    """A column; one without any value, as most are in most logs, is not looked at value by value."""
    if all(value is None for value in column):
        return pl.Series(name, [None], dtype=dtype).new_from_index(0, len(column))
    if isinstance(dtype, pl.List):
        # Polars makes a series of every element first
        return pl.Series(name, pa.array(column, pa.large_list(ARROW[dtype.inner])), dtype=dtype)
    return pl.Series(name, column, dtype=dtype)


def model_frame(model_id: str | None, **facts: float | str | None) -> pl.DataFrame | None:
    """What a log says about its model, as one row of ``MODEL_SCHEMA``; None where it says nothing."""
    said = {name: value for name, value in facts.items() if value is not None}
    if model_id is None or not said:
        return None
    return pl.DataFrame([{"model_id": model_id, "source": "log", **said}], schema=MODEL_SCHEMA)
