"""The page in place of an atlas without ladders: why there are none, and what there is instead."""

from __future__ import annotations

from collections.abc import Mapping

import duckdb

from reports import numbers, queries
from reports.assets import stylesheet
from reports.queries import Row
from reports.stated import StatedTask
from reports.stated_table import stated_table
from reports.templating import plain_page

MOST_FINDINGS = 20


def empty_html(con: duckdb.DuckDBPyConnection, stated: Mapping[str, StatedTask], generation: str) -> str:
    """The page; ``stated``: tasks of which scores alone are stated, by page."""
    counts = queries.rows(con, "read_counts")[0]
    return plain_page(
        "empty.html.j2",
        headline=_headline(counts, stated),
        why=_why(counts, stated),
        tables=[table for table in [stated_table(stated)] if table],
        findings=queries.rows(con, "first_findings", most=MOST_FINDINGS),
        css=stylesheet(),
        generation=generation,
    )


def _headline(counts: Row, stated: Mapping[str, StatedTask]) -> str:
    if stated:
        return f"{numbers.plural(len(stated), 'task')} with stated scores, and no outputs to judge."
    if counts["n_outputs"]:
        return "Outputs were read, but they form no ladder yet."
    return "No outputs were read."


def _why(counts: Row, stated: Mapping[str, StatedTask]) -> str:
    files = numbers.plural(counts["n_files"], "file")
    are, hold, were = ("is", "holds", "was") if counts["n_files"] == 1 else ("are", "hold", "were")
    if counts["n_outputs"]:
        outputs = numbers.plural(counts["n_outputs"], "output")
        return (
            f"{files} with {outputs} {are} in the warehouse. A ladder needs a family of the study whose models "
            "answered one task at two scales or more, with their size, tokens or compute in the table of models."
        )
    if stated:
        return (
            f"{files} {hold} means alone. A verdict needs the outputs behind them: the same answers are scored under "
            "other metrics, and a mean cannot be."
        )
    return (
        f"{files} {were} read and none held an output. Check the sources in the study file; what was met is listed "
        "below."
    )
