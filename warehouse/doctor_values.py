"""Values that no column may hold: NaN anywhere, scores outside their metric's bounds."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb

from warehouse.definitions import statement
from warehouse.keys import KEYS, WITHOUT_KEY
from warehouse.resources import identifier


@dataclass(frozen=True)
class Bounds:
    """The bounds of a metric that is a column of ``score``.

    Attributes:
        metric: Its name.
        low: Lowest possible value; None: unbounded.
        high: Highest possible value; None: unbounded.
    """

    metric: str
    low: float | None
    high: float | None

    @property
    def broken(self) -> str:
        """SQL condition of a row of ``score`` outside; NaN is a problem of its own."""
        column = identifier(self.metric)
        outside = [
            f"{column} {sign} {bound!r}" for sign, bound in (("<", self.low), (">", self.high)) if bound is not None
        ]
        return f"(({' OR '.join(outside)}) AND NOT isnan({column}))"

    def __str__(self) -> str:
        low, high = (
            ("-inf" if self.low is None else f"{self.low:g}"),
            ("inf" if self.high is None else f"{self.high:g}"),
        )
        return f"[{low}, {high}]"


def not_numbers(con: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """SQL condition of a row that holds NaN, by table; NULL is the only way to say that there is no number."""
    return {
        table: "(" + " OR ".join(f"isnan({identifier(column)})" for column in columns) + ")"
        for table, columns in _number_columns(con).items()
    }


def bounds(con: duckdb.DuckDBPyConnection) -> list[Bounds]:
    """Metrics with bounds that are columns of ``score``."""
    scored = _number_columns(con).get("score", [])
    rows = con.execute("SELECT name, low, high FROM metric ORDER BY name").fetchall()
    return [Bounds(*row) for row in rows if row[0] in scored and row[1:] != (None, None)]


def _number_columns(con: duckdb.DuckDBPyConnection) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for table, column in con.execute(statement("number_columns")).fetchall():
        if table in KEYS or table in WITHOUT_KEY:
            found.setdefault(table, []).append(column)
    return found
