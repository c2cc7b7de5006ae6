"""The command line: ``mirage``. Everything heavy is imported by the command that needs it."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from enum import IntEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn

import typer

from metrics.errors import MirageError

if TYPE_CHECKING:
    from flows.session import Outcome
    from flows.study import Study
    from flows.summary import Summary

DEBUG = "MIRAGE_DEBUG"
STAGES = ("pull", "score", "analyze", "report")


class Exit(IntEnum):
    """Exit codes."""

    OK = 0
    ERROR = 1
    USAGE = 2
    PARTIAL = 3
    LOCKED = 4
    INTERRUPTED = 130


EXIT_CODES = (
    "Exit codes: 0 done · 1 an error stopped it · 2 wrong usage · 3 done, but something was left out or failed "
    "(see the findings) · 4 another run holds the warehouse."
)

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

StudyArgument = Annotated[
    Path | None, typer.Argument(metavar="[STUDY.toml]", help="Study file; without one, the embedded study.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the outcome as JSON on standard output.")]
WaitOption = Annotated[
    float | None, typer.Option(min=0, metavar="SECONDS", help="Wait this long for another run; else without limit.")
]
DirectOption = Annotated[bool, typer.Option("--direct", help="Run the same stages without Prefect; starts faster.")]


@app.callback()
def options(
    version: Annotated[bool, typer.Option("--version", is_eager=True, help="Print the version and exit.")] = False,
) -> None:
    """Options of all commands."""
    if version:
        from flows.version import program_version

        typer.echo(f"mirage {program_version()}")
        raise typer.Exit


@app.command(epilog=EXIT_CODES)
def run(
    study: StudyArgument = None, direct: DirectOption = False, wait: WaitOption = None, as_json: JsonOption = False
) -> None:
    """Do everything: read new outputs, score them, reach verdicts, write the pages. What is known is not done again."""
    with _errors(as_json):
        _run(study, STAGES, direct=direct, wait=wait, as_json=as_json)


@app.command(epilog=EXIT_CODES)
def pull(study: StudyArgument = None, wait: WaitOption = None, as_json: JsonOption = False) -> None:
    """Read new and changed files into the warehouse."""
    with _errors(as_json):
        _run(study, ("pull",), direct=True, wait=wait, as_json=as_json)


@app.command(epilog=EXIT_CODES)
def score(study: StudyArgument = None, wait: WaitOption = None, as_json: JsonOption = False) -> None:
    """Score samples whose content or metrics changed."""
    with _errors(as_json):
        _run(study, ("score",), direct=True, wait=wait, as_json=as_json)


@app.command(epilog=EXIT_CODES)
def analyze(study: StudyArgument = None, wait: WaitOption = None, as_json: JsonOption = False) -> None:
    """Reach verdicts on ladders whose scores changed."""
    with _errors(as_json):
        _run(study, ("analyze",), direct=True, wait=wait, as_json=as_json)


@app.command(epilog=EXIT_CODES)
def report(study: StudyArgument = None, wait: WaitOption = None, as_json: JsonOption = False) -> None:
    """Publish what the warehouse holds, and write the pages."""
    with _errors(as_json):
        _run(study, ("report",), direct=True, wait=wait, as_json=as_json)


@app.command(epilog=EXIT_CODES)
def status(study: StudyArgument = None, as_json: JsonOption = False) -> None:
    """Say what the published snapshot holds, and whether a run is under way. Waits for nobody."""
    with _errors(as_json):
        from flows.lock import lock_path, read_holder
        from flows.study import load_study
        from flows.summary import summarize
        from warehouse.db import open_warehouse, published_path

        loaded = load_study(study)
        snapshot = published_path(loaded.warehouse_path)
        if not snapshot.exists():
            command = "mirage run" if study is None else f"mirage run {study}"
            raise MirageError(f"there is no snapshot {snapshot} yet; make it with: {command}")
        with closing(open_warehouse(snapshot, read_only=True)) as con:
            summary = summarize(con)
        holder = read_holder(lock_path(loaded.warehouse_path))
        about = {"study": loaded.name, "snapshot": str(snapshot), "writer": None if holder is None else str(holder)}
        if as_json:
            _print_json(about | summary.as_json())
            return
        from rich.console import Console

        from flows.console import show_status

        show_status(Console(highlight=False), about, summary)


def _run(path: Path | None, stages: tuple[str, ...], *, direct: bool, wait: float | None, as_json: bool) -> None:
    from flows.console import Terminal, show_outcome, stderr_console
    from flows.study import load_study

    study = load_study(path)
    console = stderr_console()
    with Terminal(console) as terminal:
        if direct:
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
        _print_json(_outcome_json(study, outcome, summary))
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


def _print_json(value: object) -> None:
    sys.stdout.write(json.dumps(value, default=str, ensure_ascii=False, allow_nan=False, indent=2) + "\n")


@contextmanager
def _errors(as_json: bool) -> Iterator[None]:
    """Turn what stops a command into one message and an exit code."""
    from flows.lock import LockedError

    try:
        yield
    except (typer.Exit, typer.Abort):
        raise
    except LockedError as error:
        _fail("Another run holds the warehouse", error, Exit.LOCKED, as_json=as_json)
    except MirageError as error:
        _fail("Cannot go on", error, Exit.ERROR, as_json=as_json)
    except KeyboardInterrupt:
        typer.echo("Stopped. What was committed stays; the same command goes on from there.", err=True)
        raise typer.Exit(Exit.INTERRUPTED) from None
    except Exception as error:
        _fail("Unexpected error", error, Exit.ERROR, as_json=as_json)


def _fail(title: str, error: Exception, code: Exit, *, as_json: bool) -> NoReturn:
    if os.environ.get(DEBUG) == "1":
        raise error
    expected = isinstance(error, MirageError)
    text = str(error) if expected else f"{type(error).__name__}: {error}\nSet {DEBUG}=1 to see where it happened."
    if as_json:
        _print_json({"status": "error", "error": type(error).__name__, "message": str(error), "exit_code": int(code)})
    from flows.console import show_error, stderr_console

    show_error(stderr_console(), title, text)
    raise typer.Exit(code)


def main() -> None:
    """Entry point of the console command."""
    app(prog_name="mirage")


if __name__ == "__main__":
    main()
