"""Keep a lake small: fewer and larger files, no versions that nobody reads."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Final

import duckdb

from warehouse.definitions import statement
from warehouse.lake.address import LakeAddress
from warehouse.lake.connect import LAKE
from warehouse.lake.publication import publications
from warehouse.resources import literal

UNFINISHED: Final = dt.timedelta(hours=1)
"""Younger versions and files may belong to a transaction under way."""
ORPHANED: Final = dt.timedelta(days=1)
WORTH_REWRITING: Final = 0.3
"""Share of deleted rows from which a file is written anew."""


@dataclass(frozen=True)
class Tidied:
    """What upkeep did, or would do.

    Attributes:
        n_versions: Versions of the lake that went, with the rows that only they held.
        n_merged: Files that were merged into fewer, or written anew without their deleted rows.
        n_removed: Files that were removed.
    """

    n_versions: int
    n_merged: int
    n_removed: int


def tidy(con: duckdb.DuckDBPyConnection, address: LakeAddress, kept: int, now: dt.datetime, *, dry_run: bool) -> Tidied:
    """Expire versions that no publication names, and put small files together.

    Versions that other studies of the lake publish stay, whatever their number.

    Args:
        con: A writable lake; the caller is its schema's only writer.
        address: The lake.
        kept: Publications of this study to keep.
        now: The time (UTC).
        dry_run: Only count.
    """
    versions = _expendable(con, address.schema, kept, now - UNFINISHED)
    if dry_run:
        return Tidied(len(versions), 0, len(_removable(con, now, dry_run=True)))
    if versions:
        _expire(con, versions)
    merged = _compact(con, address.schema, WORTH_REWRITING)
    return Tidied(len(versions), merged, len(_removable(con, now, dry_run=False)))


def purge(con: duckdb.DuckDBPyConnection, address: LakeAddress) -> None:
    """Leave no byte of what was deleted: every earlier version of the lake goes, those of other studies too."""
    _compact(con, address.schema, 0.0)
    [(newest,)] = con.execute(f"SELECT id FROM {LAKE}.current_snapshot()").fetchall()
    rows = con.execute(f"SELECT snapshot_id FROM {LAKE}.snapshots() WHERE snapshot_id <> ?", [newest]).fetchall()
    _expire(con, [version for (version,) in rows])
    con.execute(f"CALL ducklake_cleanup_old_files({literal(LAKE)}, cleanup_all => true)").fetchall()
    con.execute(statement("narrow_lake_columns"), {"schema": address.schema})


def _expendable(con: duckdb.DuckDBPyConnection, schema: str, kept: int, before: dt.datetime) -> list[int]:
    """Versions that are neither the newest nor published, or are publications of this study beyond the newest."""
    mine = publications(con, schema)
    gone = {mine[generation] for generation in sorted(mine)[:-kept]}
    rows = con.execute(
        f"SELECT snapshot_id, commit_message, snapshot_time < ? FROM {LAKE}.snapshots() ORDER BY snapshot_id",
        [before.astimezone(dt.UTC)],
    ).fetchall()
    return [
        version for version, message, is_old in rows[:-1] if version in gone or (is_old and message != "publication")
    ]


def _expire(con: duckdb.DuckDBPyConnection, versions: list[int]) -> None:
    if versions:
        listed = ", ".join(str(int(version)) for version in versions)
        con.execute(f"CALL ducklake_expire_snapshots({literal(LAKE)}, versions => [{listed}])").fetchall()


def _compact(con: duckdb.DuckDBPyConnection, schema: str, threshold: float) -> int:
    lake, part = literal(LAKE), literal(schema)
    con.execute(f"CALL ducklake_flush_inlined_data({lake}, schema_name => {part})").fetchall()
    tables = con.execute(
        "SELECT table_name FROM duckdb_tables() WHERE database_name = ? AND schema_name = ? ORDER BY table_name",
        [LAKE, schema],
    ).fetchall()
    n_files = 0
    for (table,) in tables:
        one = f"{lake}, {literal(table)}, schema => {part}"
        for call in (
            f"ducklake_rewrite_data_files({one}, delete_threshold => {threshold})",
            f"ducklake_merge_adjacent_files({one})",
        ):
            row = con.execute(f"SELECT coalesce(sum(files_processed), 0) FROM {call}").fetchone()
            n_files += 0 if row is None else int(row[0])
    return n_files


def _removable(con: duckdb.DuckDBPyConnection, now: dt.datetime, *, dry_run: bool) -> list[str]:
    """Files that no version names any more, and those of writers that died; removed unless only counted."""
    dry = "true" if dry_run else "false"
    found: list[str] = []
    for call, age in (("ducklake_cleanup_old_files", UNFINISHED), ("ducklake_delete_orphaned_files", ORPHANED)):
        moment = literal((now - age).astimezone(dt.UTC).isoformat())
        query = f"SELECT path FROM {call}({literal(LAKE)}, dry_run => {dry}, older_than => {moment}::TIMESTAMPTZ)"
        found += [path for (path,) in con.execute(query).fetchall()]
    return found
