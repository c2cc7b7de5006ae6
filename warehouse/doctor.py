"""Examine a warehouse for what should never be, and say how to mend it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import duckdb

from warehouse.definitions import statement
from warehouse.doctor_blocks import damaged_tables
from warehouse.doctor_snapshot import PUBLISH, damage_of_snapshot, examine_snapshot
from warehouse.doctor_values import bounds, not_numbers
from warehouse.errors import DuplicateKeyError
from warehouse.keys import KEYS, LADDER_TABLES, check_unique_in
from warehouse.mend import MENDED
from warehouse.problem import Problem, Severity
from warehouse.resources import identifier

__all__ = ["CHECKS", "Problem", "examine"]

RESCORE: Final = "mirage score recomputes them"
REANALYSE: Final = "mirage analyze decides them again"
REPULL: Final = "mirage pull reads the file again"
MEND: Final = "mirage doctor --mend, then mirage run, makes them anew"
FINDINGS: Final = "the table finding lists them all with what was done"
RESTORE: Final = (
    "put this file aside and copy the other of the two, working file or snapshot, in its place; where both are damaged "
    "mirage run makes a new one from the logs"
)
BUG: Final = "this is a defect of mirage: keep a copy of the file and report it"


@dataclass(frozen=True)
class _Check:
    """A query file ``doctor_<kind>.sql`` that gives count and example, and how its answer is to be read."""

    kind: str
    severity: Severity
    table: str
    remedy: str


CHECKS: Final = (
    _Check("samples_without_run", "error", "sample", MEND),
    _Check("run_with_wrong_count", "error", "run", MEND),
    _Check("run_without_file", "error", "run", REPULL),
    _Check("scores_without_sample", "error", "score", MEND),
    _Check("samples_without_score", "warning", "score", MEND),
    _Check("versions_without_run", "error", "score_version", MEND),
    _Check("floors_without_run", "error", "floor", MEND),
    _Check("cell_scores_without_run", "error", "cell_score", MEND),
    _Check("ladder_without_verdict", "error", "ladder", MEND),
    _Check("ladder_runs_without_run", "warning", "ladder_run", REANALYSE),
    _Check("stale_scores", "warning", "score_version", RESCORE),
    _Check("outdated_metric_versions", "warning", "score_version", RESCORE),
    _Check("stale_verdicts", "warning", "verdict", REANALYSE),
    _Check("sources_not_read", "warning", "finding", f"mend the source or its entry in the study; {FINDINGS}"),
    _Check("steps_failed", "warning", "finding", f"mend what the example says, then mirage run; {FINDINGS}"),
    _Check("published_without_outputs", "warning", "run", "see the sources of the study; mirage run reads them"),
    _Check("rows_left_out", "note", "finding", f"mend the file, and mirage run reads it again; {FINDINGS}"),
    _Check("unpublished_verdicts", "note", "publication", PUBLISH),
    _Check("unknown_models", "note", "model", "add them to the study's models; view unknown_model lists them"),
    _Check("items_without_sample", "note", "item", "harmless; they go when their task is pulled anew"),
)


def examine(
    con: duckdb.DuckDBPyConnection,
    snapshot: Path | None = None,
    *,
    now: dt.datetime | None = None,
    max_age: dt.timedelta | None = None,
) -> tuple[Problem, ...]:
    """Run every check.

    Args:
        con: An open warehouse; nothing is changed.
        snapshot: The published file that should be beside it; None: not looked for.
        now: Time of the examination (UTC); the clock where None.
        max_age: Age from which the snapshot is a problem; None: none is.

    Returns:
        The problems found, worst first; empty for a sound warehouse.
    """
    if broken := tuple(_damage(con)):
        return broken if snapshot is None else (*broken, *damage_of_snapshot(con, snapshot))
    found = [*_duplicates(con), *_orphans_of_ladders(con), *_not_numbers(con), *_out_of_bounds(con), *_queries(con)]
    if snapshot is not None:
        found += examine_snapshot(con, snapshot, now or dt.datetime.now(dt.UTC), max_age)
    rank: dict[Severity, int] = {"error": 0, "warning": 1, "note": 2}
    return tuple(sorted(found, key=lambda problem: (rank[problem.severity], problem.kind, problem.table)))


def _damage(con: duckdb.DuckDBPyConnection) -> Iterator[Problem]:
    """Other checks would stumble over these, and what they say would be worth nothing."""
    for table, reason in damaged_tables(con):
        yield Problem("damaged_file", "error", table, 1, reason, RESTORE)


def _duplicates(con: duckdb.DuckDBPyConnection) -> Iterator[Problem]:
    for table, key in KEYS.items():
        try:
            check_unique_in(con, table, table, key)
        except DuplicateKeyError as error:
            example = ", ".join(map(str, error.duplicates[0]))
            remedy = f"{BUG}; {MEND}" if table in MENDED else BUG
            yield Problem("duplicate_key", "error", table, error.total, example, remedy)


def _orphans_of_ladders(con: duckdb.DuckDBPyConnection) -> Iterator[Problem]:
    for table in LADDER_TABLES:
        if table == "ladder":
            continue
        count, example = _one(
            con,
            f"SELECT count(*), min(ladder_id) FROM {identifier(table)} ANTI JOIN ladder USING (ladder_id) "
            "WHERE ladder_id IS NOT NULL",
        )
        if count:
            yield Problem("rows_without_ladder", "error", table, count, example, MEND)


def _not_numbers(con: duckdb.DuckDBPyConnection) -> Iterator[Problem]:
    for table, holds_nan in not_numbers(con).items():
        count, example = _one(con, f"SELECT count(*), min({_label(table)}) FROM {identifier(table)} WHERE {holds_nan}")
        if count:
            yield Problem("not_a_number", "error", table, count, example, MEND if table in MENDED else REPULL)


def _out_of_bounds(con: duckdb.DuckDBPyConnection) -> Iterator[Problem]:
    for one in bounds(con):
        column = identifier(one.metric)
        count, example = _one(
            con, f"SELECT count(*), min(run_id || ', ' || item_id || ': ' || {column}) FROM score WHERE {one.broken}"
        )
        if count:
            yield Problem("out_of_bounds", "error", "score", count, f"{one.metric} outside {one} at {example}", MEND)


def _queries(con: duckdb.DuckDBPyConnection) -> Iterator[Problem]:
    for check in CHECKS:
        count, example = _one(con, statement(f"doctor_{check.kind}"))
        if count:
            yield Problem(check.kind, check.severity, check.table, count, example, check.remedy)


def _label(table: str) -> str:
    return " || ', ' || ".join(f"{identifier(column)}::VARCHAR" for column in KEYS[table])


def _one(con: duckdb.DuckDBPyConnection, sql: str, parameters: dict[str, object] | None = None) -> tuple[int, str]:
    [(count, example)] = con.execute(sql, parameters).fetchall()
    return int(count), str(example)
