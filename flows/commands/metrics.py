"""``mirage metrics``: the catalogue of metrics, and whether metrics of a user's own keep the contract."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from flows.cli_errors import EXIT_CODES, Exit, errors_shown, print_json
from flows.commands.shared import AllowPluginsOption, JsonOption

if TYPE_CHECKING:
    from rich.console import Console

    from metrics.contract import Clause

PIPED_WIDTH = 240
"""Characters a line where nobody watches, so that one metric stays one line for grep."""
SHOWN = ("name", "kind", "unit", "bounds", "needs", "version", "source")

group = typer.Typer(
    name="metrics",
    help="List the metrics there are; with check, hold metrics of your own to the contract.",
    epilog=EXIT_CODES,
    invoke_without_command=True,
    rich_markup_mode=None,
)


def add(app: typer.Typer) -> None:
    """Put the command into the application."""
    app.add_typer(group)


@group.callback()
def metrics(context: typer.Context, as_json: JsonOption = False) -> None:
    """List every metric: name, kind, unit, bounds, what it needs, version and source."""
    if context.invoked_subcommand is not None:
        return
    with errors_shown(as_json):
        from flows.run_scores import all_metrics

        rows = all_metrics().to_dicts()
        if as_json:
            print_json(rows)
            return
        _list(_stdout(), rows)


@group.command(epilog=EXIT_CODES)
def check(
    study: Annotated[
        Path | None,
        typer.Argument(metavar="[STUDY.toml]", help="Study whose own metrics to check; without one, the catalogue."),
    ] = None,
    allow_plugins: AllowPluginsOption = False,
    as_json: JsonOption = False,
) -> None:
    """Hold metrics to the contract, and show the example that breaks it."""
    with errors_shown(as_json):
        found = list(_checked(study))
        failed = [name for name, clauses in found if any(clause.problems for clause in clauses)]
        if as_json:
            print_json({"status": "broken" if failed else "kept", "metrics": [_as_json(*one) for one in found]})
        else:
            _show(_stdout(), found)
        if failed:
            raise typer.Exit(Exit.ERROR)


def _checked(study: Path | None) -> Iterator[tuple[str, tuple[Clause, ...]]]:
    import metrics.catalogue  # noqa: F401 - fills the registry
    from metrics.contract import check_clauses
    from metrics.errors import MirageError
    from metrics.plugins import check_plugin
    from metrics.registry import METRICS

    if study is None:
        # a threshold may be so lax that hopeless outputs reach it, which is no fault of the metric
        names = [name for name in METRICS if "__at_" not in name]
        yield from ((name, check_clauses(METRICS[name])) for name in names)
        return
    from flows.plugins import load_plugins
    from flows.study_file import load_study

    loaded = load_study(study)
    if not loaded.plugins.specs:
        raise MirageError(f"{study} names no metric of its own; add one to metrics, as in my_metrics:letters_found")
    load_plugins(loaded)
    for spec in loaded.plugins.specs:
        declared, clauses = check_plugin(spec, loaded.folder)
        yield declared.name, clauses


def _as_json(name: str, clauses: tuple[Clause, ...]) -> dict[str, Any]:
    return {"name": name, "clauses": [{"name": c.name, "problems": list(c.problems)} for c in clauses]}


def _stdout() -> Console:
    from rich.console import Console

    return Console(highlight=False, width=None if sys.stdout.isatty() else PIPED_WIDTH)


def _list(console: Console, rows: list[dict[str, Any]]) -> None:
    from rich.table import Table
    from rich.text import Text

    for grain, title in (("output", "Metrics of outputs"), ("run", "Metrics of runs as a whole")):
        table = Table(title=title, box=None, header_style="dim", pad_edge=False, title_justify="left")
        for column in SHOWN:
            table.add_column(column, overflow="fold", no_wrap=column == "name")
        for row in rows:
            if row["grain"] == grain:
                cells = row | {"bounds": _bounds(row), "needs": ", ".join(row["needs"]).replace("|", " or ")}
                table.add_row(*(Text(str(cells[column])) for column in SHOWN))
        console.print(table)
        console.print()
    console.print("A study names those it wants under metrics; docs/metrics.md says what each means.", style="dim")


def _bounds(row: dict[str, Any]) -> str:
    low, high = ("" if row[name] is None else f"{row[name]:g}" for name in ("low", "high"))
    return f"{low}…{high}" + ("" if row["higher_is_better"] else ", lower is better")


def _show(console: Console, found: list[tuple[str, tuple[Clause, ...]]]) -> None:
    from rich.text import Text

    for name, clauses in found:
        broken = sum(bool(clause.problems) for clause in clauses)
        verdict = f"{broken} of {len(clauses)} clauses broken" if broken else f"keeps all {len(clauses)} clauses"
        console.print(Text(name, style="bold") + Text(f"  {verdict}", style="red" if broken else "green"))
        if not broken and len(found) > 1:
            continue
        for clause in clauses:
            console.print(Text(f"  {'FAIL' if clause.problems else 'ok  '} {clause.name}"))
            for problem in clause.problems:
                console.print(Text(f"       {problem}"), soft_wrap=True)
