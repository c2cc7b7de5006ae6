"""``mirage notify``: what the last publication has to tell, shown or sent."""

from __future__ import annotations

from contextlib import closing
from typing import Annotated

import typer

from flows.cli_errors import EXIT_CODES, Exit, errors_shown, print_json
from flows.commands.shared import JsonOption, StudyArgument, snapshot_of


def add(app: typer.Typer) -> None:
    """Put the command into the application."""
    app.command(epilog=EXIT_CODES)(notify)


def notify(
    study: StudyArgument = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print the messages, and send none.")] = False,
    as_json: JsonOption = False,
) -> None:
    """Tell what changed with the last publication: verdicts and findings.

    Runs do this by themselves where the study names somebody to tell.
    """
    with errors_shown(as_json):
        from flows.service.around import index_url
        from flows.service.notify import check_targets, messages, send
        from flows.study_file import load_study
        from warehouse.db import open_warehouse

        loaded = load_study(study)
        if not dry_run:
            check_targets(loaded)
        with closing(open_warehouse(snapshot_of(study), read_only=True)) as con:
            told = messages(con, loaded.name, pages=index_url(loaded))
        if as_json:
            print_json([{"kind": m.kind, "title": m.title, "lines": [*m.lines, *m.more]} for m in told])
        else:
            typer.echo("\n\n".join(map(str, told)) or "Nothing changed with the last publication.")
        if dry_run:
            return
        failed = send(told, loaded.notify)
        for error in failed:
            typer.echo(str(error), err=True)
        if failed:
            raise typer.Exit(Exit.ERROR)
