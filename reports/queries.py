"""The queries of the pages: one ``.sql`` file each, with bound parameters; all arithmetic over rows happens there."""

from __future__ import annotations

from functools import cache
from importlib import resources

import duckdb
import polars as pl

from reports.errors import ReportError


@cache
def text(name: str) -> str:
    """Text of a query file of this package.

    Raises:
        ReportError: There is none of that name.
    """
    file = resources.files("reports") / "sql" / f"{name}.sql"
    if not file.is_file():
        raise ReportError(f"reports has no query {name!r}; see the folder reports/sql")
    return file.read_text(encoding="utf-8")


def frame(con: duckdb.DuckDBPyConnection, name: str, **parameters: object) -> pl.DataFrame:
    """Rows of a query file."""
    return con.sql(text(name), params=parameters or None).pl()
