"""Ask a published snapshot questions in SQL: read-only, no access to files or network, limits on time and rows."""

from __future__ import annotations

import json
import math
import threading
import time
import unicodedata
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

import duckdb
import polars as pl

from warehouse.db import open_warehouse
from warehouse.errors import SqlError

FORMATS: Final = ("table", "csv", "json", "parquet")
ALLOWED: Final = {duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN}
BATCH_ROWS = 10_000
LONGEST_CELL = 200
INVISIBLE = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


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

    def ask(self, sql: str) -> Answer:
        """Run one query.

        Raises:
            SqlError: It is not one SELECT or EXPLAIN, it failed, or it ran out of time.
        """
        statement = self._one_statement(sql)
        self._follow()
        started = time.perf_counter()
        timer, timed_out = self._start_timer()
        try:
            frame = self._rows(statement)
        except duckdb.InterruptException as error:
            if timed_out():
                raise SqlError(f"the query took over {self.seconds:g} s; narrow it or raise the time limit") from error
            raise SqlError("the query was interrupted") from error
        except duckdb.Error as error:
            raise SqlError(str(error)) from error
        finally:
            if timer is not None:
                timer.cancel()
        kept = frame if self.row_limit is None else frame.head(self.row_limit)
        return Answer(kept, kept.height < frame.height, time.perf_counter() - started)

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
        con = open_warehouse(self.snapshot, read_only=True)
        self._inode = self.snapshot.stat().st_ino
        con.execute("SET python_enable_replacements = false")
        if not self.allow_files:
            con.execute("SET temp_directory = ''")
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
        if len(statements) != 1:
            raise SqlError(f"one query at a time, please; this text holds {len(statements)}")
        if statements[0].type not in ALLOWED and not self.allow_files:
            kind = str(statements[0].type).rpartition(".")[2]
            raise SqlError(
                f"{kind} is not allowed here: the snapshot is for reading; use SELECT, FROM, DESCRIBE, EXPLAIN"
            )
        return statements[0]

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

    def _rows(self, statement: duckdb.Statement) -> pl.DataFrame:
        relation = self._con.sql(statement.query)
        if relation is None:
            return pl.DataFrame()
        if self.row_limit is None:
            return relation.pl()
        reader = relation.to_arrow_reader(min(BATCH_ROWS, self.row_limit + 1))
        batches, n_rows = [], 0
        for batch in reader:
            batches.append(batch)
            n_rows += batch.num_rows
            if n_rows > self.row_limit:
                break
        frame = pl.from_arrow(batches, schema=None) if batches else pl.from_arrow(reader.schema.empty_table())
        assert isinstance(frame, pl.DataFrame)
        return frame


def write_answer(frame: pl.DataFrame, kind: str, stream: BinaryIO) -> None:
    """Write rows as an aligned table, CSV, JSON (an array of objects) or Parquet.

    Lists and structs are written as JSON in tables and CSV. A table shows control and invisible characters as escapes
    and cuts long cells, since model outputs may hold anything.

    Raises:
        SqlError: The kind is none of ``FORMATS``.
    """
    if kind not in FORMATS:
        raise SqlError(f"format {kind!r} does not exist; choose from {', '.join(FORMATS)}")
    if kind == "parquet":
        frame.write_parquet(stream)
    elif kind == "csv":
        frame.with_columns(_as_json(frame, name) for name in frame.columns if frame.schema[name].is_nested()).write_csv(
            stream
        )
    elif kind == "json":
        stream.write(
            json.dumps([_plain(row) for row in frame.to_dicts()], ensure_ascii=False, indent=1).encode() + b"\n"
        )
    else:
        stream.write(_table(frame).encode() + b"\n")


def _as_json(frame: pl.DataFrame, name: str) -> pl.Series:
    texts = [
        None if value is None else json.dumps(_plain(value), ensure_ascii=False) for value in frame[name].to_list()
    ]
    return pl.Series(name, texts, dtype=pl.String)


def _plain(value: object) -> object:
    """The value in JSON's own types; what JSON has no word for (NaN, infinity) becomes null, dates become text."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def _table(frame: pl.DataFrame) -> str:
    cells = [[_cell(value) for value in frame[name].to_list()] for name in frame.columns]
    names = [_shown(name) for name in frame.columns]
    widths = [max(map(_width, [name, *column])) for name, column in zip(names, cells, strict=True)]
    is_right = [frame.schema[name].is_numeric() for name in frame.columns]
    lines = [_line(names, widths, [False] * len(names)), "  ".join("─" * width for width in widths)]
    lines += [_line(row, widths, is_right) for row in zip(*cells, strict=True)]
    return "\n".join(line.rstrip() for line in lines)


def _line(cells: list[str] | tuple[str, ...], widths: list[int], is_right: list[bool]) -> str:
    padded = []
    for cell, width, right in zip(cells, widths, is_right, strict=True):
        gap = " " * (width - _width(cell))
        padded.append(gap + cell if right else cell + gap)
    return "  ".join(padded)


def _cell(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, float):
        return f"{value:.6g}"
    text = json.dumps(_plain(value), ensure_ascii=False) if isinstance(value, list | dict) else str(value)
    return _shown(text if len(text) <= LONGEST_CELL else text[:LONGEST_CELL] + "…")


def _shown(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character.encode("unicode_escape", "surrogatepass").decode()
        if unicodedata.category(character) in INVISIBLE
        else character
        for character in text
    )


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.combining(character) > 0 for character in text)
