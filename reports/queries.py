"""The queries of the pages: one ``.sql`` file each, with bound parameters; all arithmetic over rows happens there."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Any

import duckdb

from reports.errors import ReportError
from warehouse.definitions import views
from warehouse.keys import KEYS

Row = dict[str, Any]


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


def rows(con: duckdb.DuckDBPyConnection, name: str, **parameters: object) -> list[Row]:
    """Rows of a query file."""
    return _fetched(con, text(name), parameters)


def view_rows(con: duckdb.DuckDBPyConnection, name: str, **among: list[str]) -> list[Row]:
    """Rows of a view or table whose columns have one of these values, in order of its key.

    Pages need rows, not frames; without the way over Arrow a query costs a third.
    """
    view = views().get(name)
    key = ", ".join(view.key if view else KEYS[name])
    terms = [f"{column} IN (SELECT unnest(${column}::VARCHAR[]))" for column in among]
    where = f" WHERE {' AND '.join(terms)}" if terms else ""
    return _fetched(con, f"FROM {name}{where} ORDER BY {key}", among)


def _fetched(con: duckdb.DuckDBPyConnection, statement: str, parameters: Mapping[str, object]) -> list[Row]:
    found = con.execute(statement, dict(parameters) or None)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, values, strict=True)) for values in found.fetchall()]
