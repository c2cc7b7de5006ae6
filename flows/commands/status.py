"""``mirage status``: what the snapshot holds, how the last run went, who is writing."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli_errors import EXIT_CODES, errors_shown, print_json
from flows.commands.shared import StudyArgument, snapshot_of

if TYPE_CHECKING:
    from flows.summary import Summary


def add(app: typer.Typer) -> None:
    """Put the command into the application."""
    app.command(epilog=EXIT_CODES)(status)


def status(
    study: StudyArgument = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the answer as JSON on standard output.")] = False,
    prometheus: Annotated[bool, typer.Option("--prometheus", help="Print figures for Prometheus.")] = False,
) -> None:
    """Say what the snapshot holds, how the last run went and whether one is under way."""
    with errors_shown(as_json):
        from flows.lock import lock_path, read_holder
        from flows.service.around import study_bytes
        from flows.service.record import last_run
        from flows.study_file import load_study
        from warehouse.db import published_path

        loaded = load_study(study)
        record = last_run(loaded)
        snapshot = published_path(loaded.warehouse_path) if record else snapshot_of(study)
        summary = _summary(snapshot)
        if prometheus:
            from flows.service.prometheus import exposition

            typer.echo(exposition(loaded.name, record, summary, study_bytes(loaded)), nl=False)
            return
        holder = read_holder(lock_path(loaded.warehouse_path))
        about: dict[str, Any] = {
            "study": loaded.name,
            "snapshot": str(snapshot),
            "writer": None if holder is None else str(holder),
            "last_run": record,
            "disk_bytes": study_bytes(loaded),
        }
        if as_json:
            print_json(about | ({} if summary is None else summary.as_json()))
            return
        from rich.console import Console

        from flows.console import show_status

        show_status(Console(highlight=False), about, summary)


def _summary(snapshot: Path) -> Summary | None:
    """What the snapshot holds; None where no run has published one."""
    if not snapshot.exists():
        return None
    from flows.summary import summarize
    from warehouse.db import open_warehouse

    with closing(open_warehouse(snapshot, read_only=True)) as con:
        return summarize(con)
