"""``mirage lab``: train a small model family of your own."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from flows.lab.family import FamilyPlan, Member
from flows.lab.workshop import Trained, members_to_train, require_torch, train_family

app = typer.Typer(
    name="lab",
    help="Train a small model family of your own (needs torch: make setup-lab).",
    add_completion=False,
    rich_markup_mode=None,
)


@app.callback()
def lab() -> None:
    """Train a small model family of your own (needs torch: make setup-lab)."""


@app.command()
def train(
    into: Annotated[Path, typer.Argument(help="Folder for models, outputs and the study file")],
    name: Annotated[str, typer.Option(help="Prefix of the model ids")] = "mine",
    widths: Annotated[str, typer.Option(help="Model widths, one size each; even numbers")] = "6,8,12,16,24,32,48,64,96",
    seeds: Annotated[int, typer.Option(min=1, help="Training replicates at every size")] = 3,
    steps: Annotated[int, typer.Option(min=1, help="Optimiser steps a model")] = FamilyPlan.steps,
    items: Annotated[int, typer.Option(min=1, max=500, help="Test items a task")] = FamilyPlan.items,
    direct: Annotated[bool, typer.Option("--direct", help="Without Prefect")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print the result as JSON")] = False,
) -> None:
    """Train a family at every width and seed, write its outputs and a study file; run again to go on."""
    require_torch()
    sizes = _widths(widths)
    plan = FamilyPlan(
        name=name, widths=sizes, seeds=tuple(range(seeds)), steps=steps, items=items, checkpoint_widths=()
    )
    trained = _train_directly(plan, into) if direct else _train_with_prefect(plan, into)
    if as_json:
        typer.echo(json.dumps(asdict(trained), default=str))
        return
    console = Console()
    console.print(f"{trained.n_trained} models trained now, {trained.n_models} in all.")
    console.print(f"Next: [bold]mirage run {trained.study}[/bold]")


def _widths(text: str) -> tuple[int, ...]:
    try:
        sizes = tuple(sorted({int(part) for part in text.split(",")}))
    except ValueError:
        raise typer.BadParameter(f"{text!r}: give whole numbers separated by commas, such as 8,16,32") from None
    wrong = [size for size in sizes if size < 4 or size % max(2, size // 16) != 0]
    if wrong:
        raise typer.BadParameter(f"widths {wrong}: give even numbers from 4; above 32, multiples of 16")
    return sizes


def _train_directly(plan: FamilyPlan, into: Path) -> Trained:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True)) as bar:
        models = bar.add_task("models", total=len(members_to_train(plan, into)))
        steps = bar.add_task("", total=plan.steps)

        def show(member: Member, step: int, loss: float) -> None:
            bar.update(steps, completed=step, description=f"{member.model_id}, loss {loss:.3f} nats")
            if step == plan.steps:
                bar.advance(models)

        return train_family(plan, into, show)


def _train_with_prefect(plan: FamilyPlan, into: Path) -> Trained:
    # Prefect takes seconds to import; people at a prompt with --direct should not pay for it.
    from flows.lab.flow import train_family_flow

    return train_family_flow(plan, into)
