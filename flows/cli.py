"""The command line: ``mirage``. Everything heavy is imported by the command that needs it."""

from __future__ import annotations

import os
from contextlib import closing, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli_errors import EXIT_CODES, Exit, errors_shown, print_json
from flows.commands import (
    calibrate,
    cleanup,
    doctor,
    explain,
    export,
    metrics,
    models,
    new,
    notify,
    plan,
    serve,
    sql,
    status,
    views,
    warehouse,
)
from flows.commands.shared import AllowPluginsOption, StudyArgument, WaitOption
from flows.commands.study_place import take_studies
from flows.cores import spare_threads, without_pandas

if TYPE_CHECKING:
    from flows.session import Outcome
    from flows.study import Study
    from flows.summary import Summary

STAGES = ("pull", "score", "analyze", "report")

app = typer.Typer(
    help="Is this emergent ability real, or made by the metric? Re-scores raw model outputs and reaches a verdict.",
    epilog=EXIT_CODES,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    # Plain help: the formatted one imports Markdown and syntax highlighting, which takes longer than many commands.
    rich_markup_mode=None,
    context_settings={"help_option_names": ["-h", "--help"]},
)

JsonOption = Annotated[bool, typer.Option("--json", help="Print the outcome as JSON on standard output.")]
PdfOption = Annotated[bool, typer.Option("--pdf", help="Print the study report as report.pdf too; needs Chromium.")]
DirectOption = Annotated[bool, typer.Option("--direct", help="Run the same stages without Prefect; starts faster.")]


def _print_version(wanted: bool) -> None:
    if wanted:
        from flows.version import program_version

        typer.echo(f"mirage {program_version()}")
        raise typer.Exit


VersionOption = Annotated[
    bool, typer.Option("--version", is_eager=True, callback=_print_version, help="Print the version and exit.")
]


@app.callback()
def options(version: VersionOption = False) -> None:
    """Options of all commands."""


@app.command(epilog=EXIT_CODES)
def run(
    study: StudyArgument = None,
    direct: DirectOption = False,
    wait: WaitOption = None,
    as_json: JsonOption = False,
    allow_plugins: AllowPluginsOption = False,
) -> None:
    """Read new outputs, score them, reach verdicts, write pages.

    What is known is not done again.
    """
    with errors_shown(as_json):
        _run(study, STAGES, direct=direct, wait=wait, as_json=as_json)


@app.command(epilog=EXIT_CODES)
def pull(study: StudyArgument = None, wait: WaitOption = None, as_json: JsonOption = False) -> None:
    """Read new and changed files into the warehouse."""
    with errors_shown(as_json):
        _run(study, ("pull",), direct=True, wait=wait, as_json=as_json)


@app.command(epilog=EXIT_CODES)
def score(
    study: StudyArgument = None,
    wait: WaitOption = None,
    as_json: JsonOption = False,
    allow_plugins: AllowPluginsOption = False,
) -> None:
    """Score samples whose content or metrics changed."""
    with errors_shown(as_json):
        _run(study, ("score",), direct=True, wait=wait, as_json=as_json)


@app.command(epilog=EXIT_CODES)
def analyze(
    study: StudyArgument = None,
    wait: WaitOption = None,
    as_json: JsonOption = False,
    allow_plugins: AllowPluginsOption = False,
) -> None:
    """Reach verdicts on ladders whose scores changed."""
    with errors_shown(as_json):
        _run(study, ("analyze",), direct=True, wait=wait, as_json=as_json)


@app.command(epilog=EXIT_CODES)
def report(
    study: StudyArgument = None, wait: WaitOption = None, as_json: JsonOption = False, pdf: PdfOption = False
) -> None:
    """Publish what the warehouse holds, and write the pages."""
    with errors_shown(as_json):
        _run(study, ("report",), direct=True, wait=wait, as_json=as_json)
        if pdf:
            from flows.study_file import load_study
            from reports.pdf import write_pdf

            folder = load_study(study).reports_path
            written = write_pdf(folder / "report.html", folder / "report.pdf")
            typer.echo(f"Printed {written}", err=True)


status.add(app)
sql.add(app)
views.add(app)
doctor.add(app)
metrics.add(app)
notify.add(app)
models.add(app)
explain.add(app)
plan.add(app)
calibrate.add(app)
cleanup.add(app)
export.add(app)
new.add(app)
serve.add(app)
warehouse.add(app)


@app.command(
    add_help_option=False,
    context_settings={"allow_extra_args": True, "ignore_unknown_options": True, "help_option_names": []},
)
def lab(context: typer.Context) -> None:
    """Train a small model family of your own, to run a study on it."""
    with errors_shown():
        from flows.lab.cli import app as lab_app

        lab_app(context.args, prog_name="mirage lab")


take_studies(app)


def _run(path: Path | None, stages: tuple[str, ...], *, direct: bool, wait: float | None, as_json: bool) -> None:
    from flows.console import Terminal, show_outcome, stderr_console
    from flows.plugins import load_plugins
    from flows.study_file import load_study

    study = load_study(path)
    if "score" in stages or "analyze" in stages:
        load_plugins(study)
    console = stderr_console()
    with Terminal(console) as terminal:
        if direct:
            # Metrics of a user's own may want pandas.
            with nullcontext() if study.plugins.specs else without_pandas():
                from flows.session import run_direct

                outcome = run_direct(study, terminal, wait, stages)
        else:
            from flows.prefect_settings import set_defaults

            set_defaults(study.work_path)
            terminal.say("Starting Prefect; the same stages run without it with --direct.")
            from flows.pipeline import run_flow

            outcome = run_flow(study, path, terminal, wait)
    summary = _summary(study, outcome)
    if as_json:
        print_json(_outcome_json(study, outcome, summary))
    else:
        show_outcome(console, outcome, summary)
    if outcome.is_partial:
        raise typer.Exit(Exit.PARTIAL)


def _summary(study: Study, outcome: Outcome) -> Summary | None:
    """What the snapshot holds, where this run published one."""
    if outcome.published is None:
        return None
    from flows.summary import summarize
    from warehouse.db import open_warehouse

    with closing(open_warehouse(outcome.published.path, read_only=True)) as con:
        return summarize(con)


def _outcome_json(study: Study, outcome: Outcome, summary: Summary | None) -> dict[str, Any]:
    from dataclasses import asdict

    parts = {name: part for name, part in asdict(outcome).items() if part is not None}
    state = "partial" if outcome.is_partial else "nothing to do" if outcome.did_nothing else "done"
    content = {} if summary is None else summary.as_json()
    return {"status": state, "study": study.name, "stages": parts} | content


def main() -> None:
    """Entry point of the console command."""
    spare_threads(os.environ)
    app(prog_name="mirage")


if __name__ == "__main__":
    main()
