"""``mirage models``: which models the runs are of, what is known of them, and what is missing."""

from __future__ import annotations

import csv
import io
import sys
from contextlib import closing
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli_errors import EXIT_CODES, errors_shown, print_json
from flows.commands.shared import JsonOption, StudyOption, snapshot_path

if TYPE_CHECKING:
    import duckdb

UnknownOption = Annotated[
    bool, typer.Option("--unknown", help="Only models without a scale, as CSV rows to paste into the study's models.")
]
COLUMNS = (
    "model_id",
    "family",
    "seed",
    "n_params",
    "n_params_non_embedding",
    "train_tokens",
    "train_flops",
    "train_loss",
)
"""Columns of the study's CSV file."""


def add(app: typer.Typer) -> None:
    """Put the command into the application."""
    app.command(epilog=EXIT_CODES)(models)


def models(study: StudyOption = None, unknown: UnknownOption = False, as_json: JsonOption = False) -> None:
    """List the models of the runs with what is known of them, and under which published name."""
    with errors_shown(as_json):
        from warehouse.db import open_warehouse

        with closing(open_warehouse(snapshot_path(study), read_only=True)) as con:
            rows = known_models(con)
        rows = [row for row in rows if not row["has_scale"]] if unknown else rows
        if as_json:
            print_json(rows)
        elif unknown:
            sys.stdout.write(csv_rows(rows))
        else:
            _show(rows)


def known_models(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    """One row a model of a run, those without a scale first, with a published name near to that of each."""
    from flows.statements import sql

    cursor = con.execute(sql("models_of_runs"))
    names = [column[0] for column in cursor.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    aliases = dict(con.execute(sql("aliases")).fetchall())
    for row in rows:
        row["near"] = None if row["has_scale"] else near(row["model_id"], aliases)
    return rows


def near(model_id: str, aliases: dict[str, str]) -> str | None:
    """The published model whose name is nearest to one that is not known; None where none is near."""
    from difflib import get_close_matches

    bare = model_id.lower().replace("__", "/").partition("@")[0]
    found = get_close_matches(bare, aliases, n=1, cutoff=0.8) or get_close_matches(
        bare.rpartition("/")[2], aliases, n=1, cutoff=0.8
    )
    return aliases[found[0]] if found else None


def csv_rows(rows: list[dict[str, Any]]) -> str:
    """A CSV file with a row a model, for the study's ``models``; what is not known is left empty."""
    text = io.StringIO()
    writer = csv.DictWriter(text, COLUMNS, extrasaction="ignore", lineterminator="\n")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def _show(rows: list[dict[str, Any]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, header_style="dim", pad_edge=False)
    for name in ("Model", "Family", "Parameters", "Tokens", "Runs", "Known from"):
        table.add_column(name, justify="right" if name in ("Parameters", "Tokens", "Runs") else "left", overflow="fold")
    for row in rows:
        numbers = ["" if row[name] is None else f"{row[name]:.4g}" for name in ("n_params", "train_tokens")]
        source = row["source"] or "nobody"
        source += f"; like {row['near']}?" if row["near"] else ""
        cells = (row["model_id"], row["family"] or "", *numbers, f"{row['n_runs']:,}", source)
        table.add_row(*map(Text, cells))
    Console(highlight=False).print(table)
