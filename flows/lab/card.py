"""The data card of a trained family: what it is, how it was made, what it cost, what it is not."""

from __future__ import annotations

from importlib.resources import files

import polars as pl

from flows.lab.family import FamilyPlan
from flows.lab.recipe import FINAL_LEARNING_RATE_SHARE, GRADIENT_CLIP, WARM_UP_STEPS, WEIGHT_DECAY
from flows.lab.tasks import PARITY_POSITIONS, TASKS, held_out_items


def data_card(plan: FamilyPlan, models: pl.DataFrame) -> str:
    """Markdown of the card.

    Args:
        plan: What was trained.
        models: The rows of ``models.csv``.
    """
    final = models.filter(~pl.col("model_id").str.contains("-step"))
    tokens = int(final["train_tokens"].mean())  # type: ignore[arg-type]
    template = files("flows.lab").joinpath("card.md").read_text(encoding="utf-8")
    return template.format(
        name=plan.name,
        n_models=final.height,
        n_tasks=len(TASKS),
        n_items=plan.items,
        depth=plan.depth,
        seeds=len(plan.seeds),
        sizes=_sizes_table(final),
        steps=f"{plan.steps:,}",
        tokens_a_step=f"{tokens // plan.steps:,}",
        tokens=f"{tokens / 1e6:.1f} million",
        weight_decay=WEIGHT_DECAY,
        clip=GRADIENT_CLIP,
        warm_up=WARM_UP_STEPS,
        final=FINAL_LEARNING_RATE_SHARE,
        tasks=_tasks_table(),
        parity=", ".join(str(position + 1) for position in PARITY_POSITIONS),
    )


def _sizes_table(final: pl.DataFrame) -> str:
    by_size = (
        final.group_by("n_params")
        .agg(
            pl.col("n_params_non_embedding").first(),
            pl.col("train_tokens", "train_flops", "cpu_seconds").mean(),
            pl.col("train_loss").sort().alias("losses"),
        )
        .sort("n_params")
    )
    rows = [
        f"| {row['n_params']:,} | {row['n_params_non_embedding']:,} | {row['train_tokens'] / 1e6:.2f}M "
        f"| {row['train_flops']:.2e} | {_losses(row['losses'])} | {row['cpu_seconds']:.0f} |"
        for row in by_size.to_dicts()
    ]
    head = "| parameters | non-embedding | tokens | FLOPs | loss by seed, nats | CPU seconds a run |"
    return "\n".join([head, "| --- | --- | --- | --- | --- | --- |", *rows])


def _losses(losses: list[float]) -> str:
    return ", ".join(f"{loss:.3f}" for loss in losses)


def _tasks_table() -> str:
    rows = []
    for task in TASKS:
        item = held_out_items(task, 1)[0]
        rows.append(f"| `{task.name}` | {task.title} | `{item.prompt}` | `{item.target}` |")
    return "\n".join(["| task | what | a prompt | its target |", "| --- | --- | --- | --- |", *rows])
