"""Ask a published snapshot questions in SQL: read-only, no access to files or network, limits on time and rows."""

from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Final, Self

import duckdb
import polars as pl

from warehouse.db import migrations, open_warehouse, schema_version
from warehouse.errors import SqlError
from warehouse.lake.connect import data_path
from warehouse.lake.kind import is_lake
from warehouse.resources import literal

ALLOWED: Final = {duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN}
BATCH_ROWS = 10_000


@dataclass(frozen=True)
class Answer:
    """Rows of a query.

    Attributes:
        frame: The rows, at most as many as the limit.
        is_cut: There were more rows than the limit.
        seconds: Wall time the query took.
    """

    frame: pl.DataFrame
    is_cut: bool
    seconds: float


BEHIND_A_LAKE = re.compile(r"postgres_\w+|ducklake_\w+|\bquery(?:_table)?\b(?=\W*\()", re.IGNORECASE)
"""What reaches the catalogue itself, or makes a query out of a text; rights in PostgreSQL are the real fence."""


class SqlShell:
    """A read-only session on a snapshot; follows the pipeline to the next generation between questions."""

    def __init__(
        self, snapshot: Path, *, row_limit: int | None = 1000, seconds: float | None = 60.0, allow_files: bool = False
    ) -> None:
        """Open the snapshot.

        Args:
            snapshot: The published file; see ``warehouse.db.published_path``.
            row_limit: Most rows an answer holds; None: all.
            seconds: Longest time a query may take; None: any.
            allow_files: Let SQL read and write files and the network.

        Raises:
            WarehouseError: The file cannot be opened; see ``warehouse.db.open_warehouse``.
        """
        self.snapshot = snapshot
        self.row_limit = row_limit
        self.seconds = seconds
        self.allow_files = allow_files
        self._con = self._open()

    def ask(self, sql: str, parameters: dict[str, object] | None = None) -> Answer:
        """Run one query.

        Args:
            sql: The query.
            parameters: Values of its bound parameters, by name.

        Raises:
            SqlError: It is not one SELECT or EXPLAIN, it failed, or it ran out of time.
        """
        statement = self._one_statement(sql)
        self._follow()
        started = time.perf_counter()
        timer, timed_out = self._start_timer()
        try:
            frame = self._rows(statement, parameters)
        except duckdb.InterruptException as error:
            if timed_out():
                raise SqlError(f"the query took over {self.seconds:g} s; narrow it or raise the time limit") from error
            raise SqlError("the query was interrupted") from error
        except duckdb.Error as error:
            raise SqlError(self._explained(str(error))) from error
        finally:
            if timer is not None:
                timer.cancel()
        kept = frame if self.row_limit is None else frame.head(self.row_limit)
        return Answer(kept, kept.height < frame.height, time.perf_counter() - started)

    @property
    def remark(self) -> str | None:
        """What to know of the snapshot before asking: that it is of an earlier schema; None: nothing."""
        found, known = schema_version(self._con), max(migrations())
        if found == known:
            return None
        return (
            f"This snapshot has schema version {found}, this program {known}: tables, views and macros are those of "
            "then. mirage run brings it up to date."
        )

    def close(self) -> None:
        """Close the snapshot."""
        self._con.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def _open(self) -> duckdb.DuckDBPyConnection:
        con = open_warehouse(self.snapshot, read_only=True, earlier_too=True)
        self._inode = self.snapshot.stat().st_ino
        con.execute("SET python_enable_replacements = false")
        if not self.allow_files:
            con.execute("SET temp_directory = ''")
            if is_lake(con):
                con.execute(f"SET allowed_directories = [{literal(data_path(con))}]")
            con.execute("SET enable_external_access = false")
        con.execute("SET lock_configuration = true")
        return con

    def _follow(self) -> None:
        with suppress(FileNotFoundError):
            if self.snapshot.stat().st_ino != self._inode:
                self._con.close()
                self._con = self._open()

    def _one_statement(self, sql: str) -> duckdb.Statement:
        try:
            statements = self._con.extract_statements(sql)
        except duckdb.Error as error:
            raise SqlError(str(error)) from error
        if not statements:
            raise SqlError("there is no query in this text; mirage views lists what can be asked")
        if len(statements) != 1:
            raise SqlError(f"one query at a time, please; this text holds {len(statements)}")
        if statements[0].type not in ALLOWED and not self.allow_files:
            kind = str(statements[0].type).rpartition(".")[2]
            raise SqlError(
                f"{kind} is not allowed here: the snapshot is for reading; use SELECT, FROM, DESCRIBE, EXPLAIN"
            )
        if not self.allow_files and (found := BEHIND_A_LAKE.search(sql)) and is_lake(self._con):
            raise SqlError(f"{found[0]} is not allowed here: it would reach into the catalogue of the lake")
        return statements[0]

    def _explained(self, text: str) -> str:
        if "disabled by configuration" in text:
            return f"{text}\nA query reaches no file and no network unless it may: mirage sql --allow-files"
        return text

    def _start_timer(self) -> tuple[threading.Timer | None, Callable[[], bool]]:
        fired = threading.Event()
        if self.seconds is None:
            return None, fired.is_set

        def interrupt() -> None:
            fired.set()
            self._con.interrupt()

        timer = threading.Timer(self.seconds, interrupt)
        timer.daemon = True
        timer.start()
        return timer, fired.is_set

    def _rows(self, statement: duckdb.Statement, parameters: dict[str, object] | None) -> pl.DataFrame:
        relation = self._con.sql(statement.query, params=parameters)
        if relation is None:
            return pl.DataFrame()
        most = BATCH_ROWS if self.row_limit is None else self.row_limit + 1
        reader = relation.to_arrow_reader(min(BATCH_ROWS, most))
        names = _told_apart(relation.columns)
        batches, n_rows = [], 0
        for batch in reader:
            batches.append(batch.rename_columns(names))
            n_rows += batch.num_rows
            if self.row_limit is not None and n_rows > self.row_limit:
                break
        empty = reader.schema.empty_table().rename_columns(names)
        frame = pl.from_arrow(batches, schema=None) if batches else pl.from_arrow(empty)
        assert isinstance(frame, pl.DataFrame)
        return frame


def _told_apart(names: Sequence[str]) -> list[str]:
    """Column names, those that occur before with a number behind: SQL allows equal ones, tables and files do not."""
    found: list[str] = []
    for name in names:
        number, own = 1, name
        while own in found:
            own = f"{name}_{number}"
            number += 1
        found.append(own)
    return found
