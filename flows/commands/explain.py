"""``mirage explain``: the chain of decisions behind one verdict, with every number."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import typer

from flows.cli_errors import EXIT_CODES, errors_shown, print_json
from flows.commands.ladder_choice import FamilyArgument, TaskArgument, find_ladder
from flows.commands.shared import JsonOption, StudyOption, snapshot_of

if TYPE_CHECKING:
    from rich.console import RenderableType

    from metrics.explain import Step

WHERE = (
    "A lower bound below 0: nothing is shown. In brackets: what a number is held against (constants of the verdict). "
    "Names at the ends of lines are columns of table verdict, or keys of its column evidence: "
    "mirage sql \"SELECT jump_low, evidence ->> '$.decades' FROM verdict\""
)
STYLES = {"decides": "bold green", "passed": "default", "not reached": "dim"}


def add(app: typer.Typer) -> None:
    """Put the command into the application."""
    app.command(epilog=EXIT_CODES)(explain)


def explain(
    task: TaskArgument, family: FamilyArgument = None, study: StudyOption = None, as_json: JsonOption = False
) -> None:
    """Show how the verdict on a ladder was reached: every step, what it saw and which one decided."""
    with errors_shown(as_json):
        from metrics.explain import explain as chain
        from warehouse.db import open_warehouse

        with closing(open_warehouse(snapshot_of(study), read_only=True)) as con:
            ladder_id = find_ladder(con, task, family)
            found = con.sql("FROM verdict WHERE ladder_id = ?", params=[ladder_id]).pl().row(0, named=True)
            family_name, axis = con.execute(
                "SELECT family, axis FROM ladder WHERE ladder_id = ?", [ladder_id]
            ).fetchall()[0]
        steps = chain(found, json.loads(found["constants"]), json.loads(found["evidence"]))
        about = {
            name: found[name] for name in ("verdict", "kind", "reason", "lean", "needed", "scope", "method_version")
        }
        about = {"ladder_id": ladder_id, "task_id": task, "family": family_name, "axis": axis} | about
        if as_json:
            print_json(about | {"steps": [asdict(step) for step in steps]})
            return
        from rich.console import Console

        console = Console(highlight=False)
        console.print(*_shown(about, steps), sep="\n")


def _shown(about: dict[str, Any], steps: tuple[Step, ...]) -> list[RenderableType]:
    from rich.padding import Padding
    from rich.text import Text

    from flows.summary import verdict_in_words

    head = Text(f"{about['task_id']}, {about['family']}: ", style="bold")
    head.append(verdict_in_words(about))
    parts: list[RenderableType] = [head, Text(f"{about['reason']}.")]
    if about["needed"]:
        parts.append(Text(f"Needed: {about['needed']}."))
    parts.append(Text(""))
    for step in steps:
        line = Text(f"{step.label:>2}  {step.question}", style=STYLES[step.state])
        line.append("  yes" if step.state == "decides" else "  no" if step.state == "passed" else "  not reached")
        parts.append(line)
        for number in step.numbers:
            limit = f"  ({number.limit})" if number.limit else ""
            line = Text(f"{number.meaning}: {number.value}{limit}")
            line.append(f"  {number.source}", style="dim")
            parts.append(Padding(line, (0, 0, 0, 6), expand=False))
    return [*parts, Text(""), Text(WHERE, style="dim")]
