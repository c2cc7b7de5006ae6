"""What can be wrong with the published snapshot beside a warehouse: missing, unreadable, behind, old."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb

from warehouse.definitions import statement
from warehouse.doctor_blocks import damaged_tables
from warehouse.lake.link import is_link, read_link
from warehouse.problem import Problem

PUBLISH = "mirage run publishes a new snapshot"
TABLE = "publication"


def examine_snapshot(
    con: duckdb.DuckDBPyConnection, snapshot: Path, now: dt.datetime, max_age: dt.timedelta | None
) -> Iterator[Problem]:
    """Compare a snapshot with the warehouse it was made from.

    Args:
        con: The warehouse, or the snapshot itself.
        snapshot: The published file.
        now: Time of the examination (UTC, with or without zone).
        max_age: Age from which a snapshot is a problem; None: none is.
    """
    if not snapshot.exists():
        yield Problem("no_snapshot", "warning", TABLE, 1, str(snapshot), PUBLISH)
        return
    try:
        found, published_at = _published(con, snapshot)
    except duckdb.Error as error:
        yield _unreadable(snapshot, error)
        return
    recorded, _ = _last(con)
    if found < recorded:
        text = f"{snapshot} is generation {found}, the warehouse has published {recorded}"
        yield Problem("snapshot_behind", "warning", TABLE, recorded - found, text, PUBLISH)
    age = now.replace(tzinfo=None) - published_at
    if max_age is not None and age > max_age:
        yield Problem("old_snapshot", "warning", TABLE, 1, f"{snapshot} is {_in_words(age)} old", PUBLISH)


def damage_of_snapshot(con: duckdb.DuckDBPyConnection, snapshot: Path) -> Iterator[Problem]:
    """Whether the snapshot of a damaged warehouse can be read; what the warehouse says of it is not asked."""
    try:
        _published(con, snapshot)
    except (duckdb.Error, OSError) as error:
        yield _unreadable(snapshot, error)


def _unreadable(snapshot: Path, error: Exception) -> Problem:
    text = f"{snapshot}: {str(error).splitlines()[0]}"
    return Problem("unreadable_snapshot", "error", TABLE, 1, text, f"delete it; {PUBLISH}")


def _published(con: duckdb.DuckDBPyConnection, snapshot: Path) -> tuple[int, dt.datetime]:
    """Number and time of the publication that readers see."""
    if not is_link(snapshot):
        with closing(duckdb.connect(str(snapshot), read_only=True)) as published:
            for table, reason in damaged_tables(published):
                raise duckdb.IOException(f"table {table}: {reason}")
            return _last(published)
    generation = read_link(snapshot).generation or 0
    rows = con.execute("SELECT published_at FROM publication WHERE generation = ?", [generation]).fetchall()
    return generation, rows[0][0] if rows else dt.datetime.min


def _last(con: duckdb.DuckDBPyConnection) -> tuple[int, dt.datetime]:
    """Number and time of the last publication; 0 where there is none."""
    rows = con.execute(statement("last_publication")).fetchall()
    return rows[0] if rows else (0, dt.datetime.min)


def _in_words(age: dt.timedelta) -> str:
    hours = age / dt.timedelta(hours=1)
    return f"{hours:.1f} hours" if hours < 48 else f"{hours / 24:.1f} days"
