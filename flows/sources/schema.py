"""What every reader gives: one frame layout, and findings."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal

import polars as pl

from metrics.samples import SAMPLE_SCHEMA

DataType = pl.DataType | type[pl.DataType]

RUN_FIELDS: dict[str, DataType] = {
    "model_id": pl.String,
    "task_id": pl.String,
    "n_shots": pl.Int32,
    "prompting": pl.String,
    "filter": pl.String,
}
"""What tells runs apart; NULL means that the log did not say."""

ITEM_FIELDS: dict[str, DataType] = {"cluster": pl.String, "category": pl.String}

SAMPLE_FIELDS: dict[str, DataType] = {name: dtype for name, dtype in SAMPLE_SCHEMA.items() if name != "run_id"}
"""Columns of table ``sample`` other than ``run_id``."""

FIELDS: dict[str, DataType] = RUN_FIELDS | SAMPLE_FIELDS | ITEM_FIELDS
READ_SCHEMA: dict[str, DataType] = {"line": pl.Int64} | FIELDS
"""Columns of a reader's frame; ``line`` is the 1-based line or row of the file."""

RUN_KEY = tuple(RUN_FIELDS)
SAMPLE_KEY = ("item_id", "repeat")

MODEL_SCHEMA: dict[str, DataType] = {
    "model_id": pl.String,
    "family": pl.String,
    "seed": pl.Int32,
    "n_params": pl.Float64,
    "n_params_non_embedding": pl.Float64,
    "train_tokens": pl.Float64,
    "train_flops": pl.Float64,
    "train_flops_derived": pl.Boolean,
    "train_loss": pl.Float64,
    "source": pl.String,
}
"""Columns of table ``model``."""

Severity = Literal["error", "warning", "note"]

FINDING_SCHEMA: dict[str, DataType] = {
    "stage": pl.String,
    "severity": pl.String,
    "kind": pl.String,
    "uri": pl.String,
    "line": pl.Int64,
    "run_id": pl.String,
    "ladder_id": pl.String,
    "reason": pl.String,
    "action": pl.String,
}
"""Columns of table ``finding`` other than ``found_at``, which is set when it is stored."""


@dataclass(frozen=True)
class Finding:
    """Something wrong or doubtful met in the data, and what was done.

    Attributes:
        severity: ``error``: data are missing from the warehouse for it; ``warning``: doubtful; ``note``: good to know.
        kind: Short name to filter by, as in ``broken_line``.
        reason: What was met, with the value where there is one.
        action: What was done about it.
        stage: ``inventory``, ``pull``, ``claims``, ``items``, ``models``, ``score``, ``ladders`` or ``analyze``.
        uri: File, where it lies in one.
        line: 1-based line or row in the file.
        run_id: Run concerned.
        ladder_id: Ladder concerned.
    """

    severity: Severity
    kind: str
    reason: str
    action: str
    stage: str = "pull"
    uri: str | None = None
    line: int | None = None
    run_id: str | None = None
    ladder_id: str | None = None


def finding_frame(findings: Iterable[Finding]) -> pl.DataFrame:
    """Findings as rows of ``FINDING_SCHEMA``."""
    rows = [asdict(finding) for finding in findings]
    return pl.DataFrame(rows, schema=FINDING_SCHEMA) if rows else pl.DataFrame(schema=FINDING_SCHEMA)
