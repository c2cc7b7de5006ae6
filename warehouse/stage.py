"""Bring frames and Parquet files next to the tables, checked, and insert them by column name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from warehouse.errors import FrameError
from warehouse.keys import KEYS, check_unique, check_unique_in
from warehouse.resources import identifier

Source = pl.DataFrame | Path | Sequence[Path]


@dataclass(frozen=True)
class Column:
    """A column of a table: its DuckDB type and whether NULL is allowed."""

    type: str
    nullable: bool


def columns(con: duckdb.DuckDBPyConnection, table: str) -> dict[str, Column]:
    """The columns of a table or view, in order."""
    rows = con.execute(f"DESCRIBE {identifier(table)}").fetchall()
    return {name: Column(kind, nullable == "YES") for name, kind, nullable, *_ in rows}


@contextmanager
def staged(con: duckdb.DuckDBPyConnection, source: Source, name: str = "staged_rows") -> Iterator[str]:
    """Make a frame or Parquet files readable under a name while the block runs; nothing is copied.

    Raises:
        FrameError: A file is missing or no Parquet.
    """
    if isinstance(source, pl.DataFrame):
        con.register(name, source.to_arrow())
        try:
            yield name
        finally:
            con.unregister(name)
        return
    paths = [source] if isinstance(source, Path) else list(source)
    try:
        con.read_parquet([str(path) for path in paths]).create_view(name, replace=True)
    except duckdb.Error as error:
        raise FrameError(f"staged Parquet {', '.join(map(str, paths[:3]))}: {error}; stage it again") from error
    try:
        yield name
    finally:
        con.execute(f"DROP VIEW IF EXISTS {identifier(name)}")


def insert(con: duckdb.DuckDBPyConnection, table: str, source: Source) -> int:
    """Append rows; columns that the source lacks become NULL.

    Args:
        con: Inside a transaction of the caller.
        table: The table, guarded by its declared key among the rows given.
        source: A frame, or Parquet files.

    Returns:
        Number of rows inserted.

    Raises:
        FrameError: Unknown or missing columns, NULL where the table has none, a value that does not fit.
        DuplicateKeyError: The rows repeat the table's key.
    """
    if isinstance(source, pl.DataFrame):
        check_unique(source, table)
    with staged(con, source) as name:
        return insert_staged(con, table, name, checked=isinstance(source, pl.DataFrame))


def insert_staged(con: duckdb.DuckDBPyConnection, table: str, name: str, *, checked: bool = False) -> int:
    """``insert`` for rows that are staged already; ``checked``: their key is known to be unique."""
    check_columns(table, columns(con, table), columns(con, name))
    if not checked and table in KEYS:
        check_unique_in(con, name, table, KEYS[table])
    try:
        row = con.execute(f"INSERT INTO {identifier(table)} BY NAME FROM {identifier(name)}").fetchone()
    except (duckdb.ConstraintException, duckdb.ConversionException, duckdb.BinderException) as error:
        raise FrameError(f"table {table}: {error}; nothing was written") from error
    return int(row[0]) if row else 0


def check_columns(table: str, wanted: Mapping[str, Column], given: Mapping[str, Column]) -> None:
    """Refuse rows with columns that the table lacks, or without columns that it must have.

    Raises:
        FrameError: Both kinds, all named at once, with the columns there are.
    """
    unknown = [name for name in given if name not in wanted]
    missing = [name for name, column in wanted.items() if not column.nullable and name not in given]
    if not unknown and not missing:
        return
    problems = []
    if unknown:
        problems.append(f"has no column {', '.join(unknown)}")
    if missing:
        problems.append(f"needs the column(s) {', '.join(missing)}")
    raise FrameError(f"table {table} {' and '.join(problems)}; its columns are {', '.join(wanted)}")
