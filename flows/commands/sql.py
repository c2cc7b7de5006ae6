"""``mirage sql``: ask the published snapshot, one question or many."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from flows.cli_errors import EXIT_CODES, errors_shown
from flows.commands.shared import JsonOption, StudyOption, snapshot_of
from metrics.errors import MirageError

Query = Annotated[str | None, typer.Argument(help="One query; without one, from --file, standard input or a prompt.")]
FileOption = Annotated[Path | None, typer.Option("--file", "-f", metavar="QUERY.sql", help="Read the query from here.")]
FormatOption = Annotated[
    str | None, typer.Option("--format", help="table, csv, json or parquet; else as --output ends, or table.")
]
OutputOption = Annotated[
    Path | None, typer.Option("--output", "-o", metavar="FILE", help="Write the rows here, not to standard output.")
]
LimitOption = Annotated[int, typer.Option(min=0, help="Most rows; 0: all.")]
SecondsOption = Annotated[float, typer.Option(min=0, help="Longest time a query may take; 0: any.")]
AsOfOption = Annotated[
    int | None,
    typer.Option("--as-of", min=1, metavar="GENERATION", help="Ask an earlier publication; a lake keeps some."),
]
AllowOption = Annotated[
    bool, typer.Option("--allow-files", help="Let SQL read and write files (and what DuckDB can reach by network).")
]

TEXTS = ("", "txt", "md")


def add(app: typer.Typer) -> None:
    """Put the command into the application."""
    app.command(epilog=EXIT_CODES)(sql)


def sql(
    query: Query = None,
    study: StudyOption = None,
    file: FileOption = None,
    kind: FormatOption = None,
    output: OutputOption = None,
    limit: LimitOption = 1000,
    seconds: SecondsOption = 60.0,
    allow_files: AllowOption = False,
    as_of: AsOfOption = None,
    as_json: JsonOption = False,
) -> None:
    """Ask the published snapshot in SQL, for reading only; works while a run is under way."""
    with errors_shown(as_json):
        from flows.console import stderr_console
        from flows.sql_prompt import Screen, answer, prompt
        from warehouse.sql_shell import SqlShell

        chosen = "json" if as_json else kind or _kind_of(output)
        text = _text(query, file)
        snapshot = snapshot_of(study)
        console = stderr_console()
        with (
            _generation(snapshot, as_of) as named,
            Screen.opened(chosen, output) as screen,
            SqlShell(named, row_limit=limit or None, seconds=seconds or None, allow_files=allow_files) as shell,
        ):
            if shell.remark:
                console.print(shell.remark, highlight=False, style="dim")
            if text is None:
                prompt(shell, screen, console)
            else:
                answer(shell, text, screen, console)


@contextmanager
def _generation(snapshot: Path, as_of: int | None) -> Iterator[Path]:
    """The snapshot, or an earlier publication.

    Raises:
        MirageError: The warehouse is a file, which keeps one snapshot only, or there is no such publication.
    """
    if as_of is None:
        yield snapshot
        return
    from tempfile import TemporaryDirectory

    from warehouse.lake.link import is_link
    from warehouse.lake.publication import link_as_of

    if not is_link(snapshot):
        raise MirageError(
            "--as-of: a warehouse file keeps its last snapshot only, a lake (ducklake:…) earlier ones too"
        )
    with TemporaryDirectory() as folder:
        yield link_as_of(snapshot, as_of, Path(folder))


def _kind_of(output: Path | None) -> str:
    """The format that the name of the output stands for; a table for texts and names without an ending.

    Raises:
        MirageError: The ending stands for none.
    """
    from warehouse.answer import FORMATS

    ending = "" if output is None else output.suffix.removeprefix(".").lower()
    if ending in FORMATS:
        return ending
    if ending not in TEXTS:
        raise MirageError(
            f"{output}: no format goes by .{ending}; name it .csv, .json, .parquet or .txt, or say --format"
        )
    return "table"


def _text(query: str | None, file: Path | None) -> str | None:
    """The query; None where somebody is to be asked for it.

    Raises:
        MirageError: It is given twice, or its file cannot be read.
    """
    if query is not None and file is not None:
        raise MirageError("two queries are given, as an argument and with --file; keep one")
    if file is not None:
        try:
            return file.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise MirageError(f"query file {file} cannot be read ({error})") from error
    return sys.stdin.read() if query is None and not sys.stdin.isatty() else query
