"""``mirage doctor``: examine a warehouse for what should not be, and say how to mend it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli_errors import EXIT_CODES, Exit, errors_shown, print_json
from flows.commands.shared import StudyArgument, WaitOption
from flows.moment import age, machine_moment, moment
from metrics.errors import MirageError

if TYPE_CHECKING:
    import duckdb
    from rich.console import RenderableType

    from flows.study import Study
    from warehouse.doctor import Problem

AgeOption = Annotated[
    float | None,
    typer.Option(min=0, metavar="HOURS", help="Call a snapshot that is older than this a problem; else age is told."),
]
MendOption = Annotated[
    bool,
    typer.Option(
        "--mend", help="Take out what is harmed and can be made again; the next run makes it again. Outputs stay."
    ),
]
COLOURS = {"error": "red", "warning": "yellow", "note": "dim"}


def add(app: typer.Typer) -> None:
    """Put the command into the application."""
    app.command(epilog=EXIT_CODES)(doctor)


def doctor(
    study: StudyArgument = None,
    max_age: AgeOption = None,
    mend: MendOption = False,
    wait: WaitOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the problems as JSON on standard output.")] = False,
) -> None:
    """Examine the warehouse: every problem with its remedy.

    Exit code 3 where there is an error or a warning.
    """
    with errors_shown(as_json):
        from flows.study_file import load_study
        from warehouse.db import published_path
        from warehouse.doctor import examine

        loaded = load_study(study)
        path = loaded.warehouse_path
        if mend:
            _mend(loaded, wait, as_json=as_json)
            return
        oldest = None if max_age is None else dt.timedelta(hours=max_age)
        with _examined(path, published_path(path)) as (examined, con):
            problems = examine(con, published_path(path), now=dt.datetime.now(dt.UTC), max_age=oldest)
            about = {"examined": str(examined)} | _publication(con)
        _show(about, problems, as_json=as_json)
        if any(problem.severity != "note" for problem in problems):
            raise typer.Exit(Exit.PARTIAL)


def _mend(study: Study, wait: float | None, *, as_json: bool) -> None:
    from flows.console import Terminal, stderr_console
    from flows.session import writing
    from warehouse.db import open_warehouse
    from warehouse.mend import mend

    if not study.warehouse_path.exists():
        raise MirageError(f"there is no warehouse {study.warehouse_path} yet; mirage run makes it")
    console = stderr_console()
    with (
        Terminal(console) as terminal,
        writing(study, terminal, wait),
        closing(open_warehouse(study.warehouse_path)) as con,
    ):
        mended = mend(con)
    if as_json:
        print_json(asdict(mended))
    elif mended.is_empty:
        console.print("Nothing to mend.", highlight=False)
    else:
        counts = (
            (len(mended.uris), "file(s) to read"),
            (len(mended.run_ids), "run(s) to score"),
            (len(mended.ladder_ids), "ladder(s) to decide"),
        )
        said = ", ".join(f"{n:,} {what}" for n, what in counts if n)
        console.print(f"Taken out: {said} again; mirage run does it.", highlight=False)


@contextmanager
def _examined(path: Path, snapshot: Path) -> Iterator[tuple[Path, duckdb.DuckDBPyConnection]]:
    """The working file, or the snapshot while a run holds the working file.

    Raises:
        MirageError: There is neither.
    """
    from warehouse.db import open_warehouse
    from warehouse.errors import WarehouseLockedError

    if not path.exists():
        raise MirageError(f"there is no warehouse {path} yet; mirage run makes it")
    try:
        con = open_warehouse(path, read_only=True)
    except WarehouseLockedError:
        if not snapshot.exists():
            raise
        path, con = snapshot, open_warehouse(snapshot, read_only=True)
    with closing(con):
        yield path, con


def _publication(con: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    rows = con.execute("SELECT generation, published_at FROM publication ORDER BY generation DESC LIMIT 1").fetchall()
    generation, published_at = rows[0] if rows else (None, None)
    return {"generation": generation, "published_at": None if published_at is None else machine_moment(published_at)}


def _show(about: dict[str, Any], problems: tuple[Problem, ...], *, as_json: bool) -> None:
    if as_json:
        print_json(about | {"problems": [asdict(problem) for problem in problems]})
        return
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    snapshot = "never published"
    if about["generation"]:
        published = about["published_at"]
        snapshot = f"snapshot {about['generation']}, published {moment(published)} ({age(published)})"
    console.print(Text(f"{about['examined']}: {snapshot}"))
    if not problems:
        console.print(Text("Sound: no problem found.", style="green"))
    for problem in problems:
        console.print(_line(problem))


def _line(problem: Problem) -> RenderableType:
    from rich.console import Group
    from rich.padding import Padding
    from rich.text import Text

    head = Text(problem.severity, style=COLOURS[problem.severity])
    head.append(f"  {problem.kind.replace('_', ' ')}, table {problem.table}: {problem.count:,}", style="default")
    return Group(head, Padding(Text(f"such as {problem.example}\n→ {problem.remedy}"), (0, 0, 0, 2)))
