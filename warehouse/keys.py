"""The keys of every table, declared once: the DDL holds none, so the loader and the doctor guard them."""

from __future__ import annotations

from typing import Final

import duckdb
import polars as pl

from warehouse.errors import DuplicateKeyError
from warehouse.resources import identifier

SAMPLE_KEY: Final = ("run_id", "item_id", "repeat")

KEYS: Final[dict[str, tuple[str, ...]]] = {
    "cell_score": ("run_id", "metric"),
    "change": ("ladder_id", "metric", "gap_index"),
    "compounding": ("ladder_id", "run_id"),
    "compounding_length": ("ladder_id", "scale_index", "length_low"),
    "curve": ("ladder_id", "metric", "scale_index"),
    "curve_run": ("ladder_id", "metric", "run_id"),
    "definition": ("kind", "name"),
    "description": ("ladder_id", "metric"),
    "fact_alias": ("alias",),
    "fact_claim": ("claim_id",),
    "fact_law": ("law", "constant"),
    "fact_model": ("model_id",),
    "floor": ("run_id", "metric", "kind"),
    "forgotten": ("kind", "pattern"),
    "forecast": ("ladder_id", "n_fitted", "route", "scale_index"),
    "item": ("task_id", "item_id"),
    "jump": ("ladder_id", "gap_index"),
    "ladder": ("ladder_id",),
    "ladder_knob": ("ladder_id", "knob", "setting"),
    "ladder_knob_curve": ("ladder_id", "knob", "setting", "scale_index"),
    "ladder_run": ("ladder_id", "run_id"),
    "metric": ("name",),
    "migration": ("version",),
    "model": ("model_id",),
    "model_statement": ("model_id", "source"),
    "pipeline_run": ("pipeline_run_id",),
    "pipeline_stage": ("pipeline_run_id", "stage"),
    "publication": ("generation",),
    "publication_verdict": ("generation", "ladder_id"),
    "resolution": ("ladder_id", "scale_index"),
    "run": ("run_id",),
    "sample": SAMPLE_KEY,
    "score": SAMPLE_KEY,
    "score_version": ("run_id", "metric"),
    "source_file": ("uri",),
    "threshold": ("ladder_id", "metric", "level"),
    "source_score": ("uri", "run_id", "subset", "metric"),
    "verdict": ("ladder_id",),
}

WITHOUT_KEY: Final = frozenset({"finding"})

LADDER_TABLES: Final = (
    "ladder",
    "ladder_run",
    "curve",
    "curve_run",
    "description",
    "change",
    "jump",
    "compounding",
    "compounding_length",
    "ladder_knob",
    "ladder_knob_curve",
    "resolution",
    "threshold",
    "forecast",
    "verdict",
    "finding",
)

SHOWN = 5


def check_unique(frame: pl.DataFrame, table: str) -> None:
    """Refuse a frame whose rows repeat the key of the table they are meant for.

    Raises:
        DuplicateKeyError: A key occurs more than once; the message shows a few.
    """
    key = KEYS.get(table)
    if key is None or len(set(frame.select(key).iter_rows())) == frame.height:
        return
    repeated = frame.group_by(key).len().filter(pl.col("len") > 1).sort(key)
    raise DuplicateKeyError(table, key, repeated.drop("len").head(SHOWN).rows(), repeated.height)


def check_unique_in(con: duckdb.DuckDBPyConnection, relation: str, table: str, key: tuple[str, ...]) -> None:
    """The same for rows that are already inside DuckDB (a staged file, a view).

    Args:
        con: Connection that knows the relation.
        relation: Name of the table or view that holds the rows.
        table: Name used in the message.
        key: Columns that must be unique together.

    Raises:
        DuplicateKeyError: A key occurs more than once; the message shows a few.
    """
    columns = ", ".join(identifier(column) for column in key)
    repeated = con.execute(
        f"SELECT {columns}, count(*) OVER () FROM (FROM {identifier(relation)} "
        f"SELECT {columns} GROUP BY {columns} HAVING count(*) > 1) ORDER BY {columns} LIMIT {SHOWN}"
    ).fetchall()
    if repeated:
        raise DuplicateKeyError(table, key, [row[:-1] for row in repeated], repeated[0][-1])
