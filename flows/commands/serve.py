"""``mirage serve`` and ``mirage deployment``: studies that run by the clock."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from flows.cli_errors import EXIT_CODES, errors_shown

StudiesArgument = Annotated[list[Path], typer.Argument(metavar="STUDY.toml…", help="Study files.")]
CronOption = Annotated[
    str | None,
    typer.Option(metavar='"M H D M W"', help="When to run, as five cron fields; else [service] cron of each study."),
]


def add(app: typer.Typer) -> None:
    """Put the commands into the application."""
    app.command(epilog=EXIT_CODES)(serve)
    app.command(epilog=EXIT_CODES)(deployment)


def serve(
    studies: StudiesArgument,
    cron: CronOption = None,
    home: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Where a server of our own keeps its data; else beside the study."),
    ] = None,
) -> None:
    """Run studies by the clock until interrupted, with a Prefect server to look at.

    Uses the server that PREFECT_API_URL names, else starts one on this machine.
    """
    with errors_shown(as_json=False):
        from flows.console import stderr_console
        from flows.prefect_settings import make_private, set_quiet
        from flows.service.serve import schedules, serve_schedules, server
        from flows.study_file import load_study

        loaded = [load_study(path) for path in studies]
        folder = home or loaded[0].work_path / "prefect"
        set_quiet()
        make_private(loaded[0].work_path)
        with server(folder.resolve()) as url:
            found = schedules(loaded, cron)
            console = stderr_console()
            console.print(f"Prefect: {url.removesuffix('/api')}", highlight=False)
            for schedule in found:
                when = f"{schedule.cron} ({schedule.study.service.timezone})"
                console.print(f"{schedule.name}: {when}; {schedule.study.path}", highlight=False, markup=False)
            console.print(
                "Stop with Ctrl-C; a run that is under way is cancelled, and the next one goes on from there."
            )
            serve_schedules(found)


def deployment(
    studies: StudiesArgument,
    cron: CronOption = None,
    pool: Annotated[str, typer.Option(metavar="NAME", help="Work pool whose workers run the studies.")] = "mirage",
) -> None:
    """Print a prefect.yaml for `prefect deploy --all`: the studies as deployments of a work pool."""
    with errors_shown(as_json=False):
        from flows.service.serve import deployment_file, schedules
        from flows.study_file import load_study

        typer.echo(deployment_file(schedules([load_study(path) for path in studies], cron), pool), nl=False)
