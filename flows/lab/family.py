"""A family of models on disk: train what is missing, keep what is there, write tables that the pull reads.

Every trained model leaves two files, written beside and renamed: ``<model>.parquet`` (its outputs, checkpoints
included) and ``<model>.json`` (what it is and what it cost). A model whose files exist is not trained again, so an
interrupted training goes on where it stopped.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import polars as pl

from flows.lab.recipe import ROWS_PER_STEP
from flows.lab.tasks import TASKS, Task, held_out_items
from metrics.errors import MirageError

OUTPUT_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "model_id": pl.String,
    "task_id": pl.String,
    "item_id": pl.String,
    "prompt": pl.String,
    "target": pl.String,
    "output": pl.String,
    "target_logprobs": pl.List(pl.Float32),
    "target_is_argmax": pl.List(pl.Boolean),
    "end_logprob": pl.Float32,
}


@dataclass(frozen=True)
class FamilyPlan:
    """What to train.

    Attributes:
        name: Prefix of every model id.
        widths: One size for each width; depth is the same for all.
        depth: Layers of every model.
        seeds: Training replicates at every size.
        steps: Optimiser steps of every model (about 1,670 training characters a step).
        items: Test items a task.
        checkpoint_steps: Points of training at which the models of ``checkpoint_widths`` also write outputs.
        checkpoint_widths: For each such width, the number of seeds that write at the checkpoints.
    """

    name: str = "tiny"
    widths: tuple[int, ...] = (6, 8, 12, 16, 24, 32, 48, 64, 96)
    depth: int = 3
    seeds: tuple[int, ...] = (0, 1, 2)
    steps: int = 2500
    items: int = 500
    checkpoint_steps: tuple[int, ...] = (50, 100, 200, 350, 550, 800, 1100, 1500, 2000)
    checkpoint_widths: tuple[tuple[int, int], ...] = ((64, 2),)

    def members(self) -> list[Member]:
        """Every model to train, all sizes of the first seed first."""
        seeds_at = dict(self.checkpoint_widths)
        return [
            Member(
                f"{self.name}-d{width}-seed{seed}",
                width,
                seed,
                tuple(s for s in self.checkpoint_steps if s < self.steps) if order < seeds_at.get(width, 0) else (),
            )
            for order, seed in enumerate(self.seeds)
            for width in self.widths
        ]


@dataclass(frozen=True)
class Member:
    """One model of a plan and the steps at which it also writes outputs."""

    model_id: str
    width: int
    seed: int
    checkpoints: tuple[int, ...]

    @property
    def model_ids(self) -> list[str]:
        """Ids under which it writes outputs: at its checkpoints, and at the end."""
        return [*(f"{self.model_id}-step{step:04d}" for step in self.checkpoints), self.model_id]


@dataclass(frozen=True)
class ModelRecord:
    """One row of ``models.csv``: a model at one point of its training. Losses in nats an answer character."""

    model_id: str
    family: str
    seed: int
    n_params: int
    n_params_non_embedding: int
    train_tokens: int
    train_flops: float
    train_flops_derived: bool
    train_loss: float
    cpu_seconds: float


def is_trained(member: Member, folder: Path) -> bool:
    """Whether both files of the model are there."""
    return all((folder / f"{member.model_id}{suffix}").exists() for suffix in (".parquet", ".json"))


def train_member(
    plan: FamilyPlan, member: Member, folder: Path, progress: Callable[[int, float], None] | None = None
) -> list[ModelRecord]:
    """Train one model and write its outputs and records; returns the records (checkpoints first, final last)."""
    # torch is an extra, and heavy: only training needs it.
    from flows.lab.model import Shape, Transformer
    from flows.lab.train import pack_corpus, train

    shape = Shape(member.width, plan.depth)
    corpus = pack_corpus(member.seed, plan.steps * ROWS_PER_STEP)
    frames: list[pl.DataFrame] = []
    records: list[ModelRecord] = []

    def write(model_id: str, step: int, model: Transformer, loss: float) -> None:
        frames.append(outputs_frame(model_id, model, plan.items))
        # In proportion: seeds pack their text differently, and at one step they are one point of training.
        tokens = round(int(corpus.segment.astype(bool).sum()) * step / plan.steps)
        records.append(
            ModelRecord(
                model_id=model_id,
                family=plan.name,
                seed=member.seed,
                n_params=model.n_params(),
                n_params_non_embedding=model.n_params_non_embedding(),
                train_tokens=tokens,
                train_flops=6.0 * model.n_params() * tokens,
                train_flops_derived=True,
                train_loss=round(loss, 4),
                cpu_seconds=0.0,
            )
        )

    trained = train(
        shape,
        member.seed,
        corpus,
        checkpoints=member.checkpoints,
        at_checkpoint=lambda step, model, loss: write(f"{member.model_id}-step{step:04d}", step, model, loss),
        progress=progress,
    )
    write(member.model_id, plan.steps, trained.model, trained.loss)
    records[-1] = replace(records[-1], cpu_seconds=round(trained.cpu_seconds, 1))
    folder.mkdir(parents=True, exist_ok=True)
    _write_then_rename(folder / f"{member.model_id}.parquet", lambda path: pl.concat(frames).write_parquet(path))
    text = json.dumps([asdict(record) for record in records], indent=1)
    _write_then_rename(folder / f"{member.model_id}.json", lambda path: path.write_text(text))
    return records


def outputs_frame(model_id: str, model: object, items: int, tasks: Sequence[Task] = TASKS) -> pl.DataFrame:
    """Raw outputs of one model on the test items of every task, in ``OUTPUT_SCHEMA``."""
    from flows.lab.train import write_outputs

    frames = []
    for task in tasks:
        questions = held_out_items(task, items)
        written = write_outputs(model, [q.prompt for q in questions], [q.target for q in questions])  # type: ignore[arg-type]
        frames.append(
            pl.DataFrame(
                {
                    "model_id": [model_id] * items,
                    "task_id": [task.name] * items,
                    "item_id": [q.key for q in questions],
                    "prompt": [q.prompt for q in questions],
                    "target": [q.target for q in questions],
                    "output": written.output,
                    "target_logprobs": written.target_logprobs,
                    "target_is_argmax": written.target_is_argmax,
                    "end_logprob": written.end_logprob,
                },
                schema=OUTPUT_SCHEMA,
            )
        )
    return pl.concat(frames)


def _write_then_rename(path: Path, write: Callable[[Path], object]) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    write(temporary)
    os.replace(temporary, path)


@dataclass(frozen=True)
class Packed:
    """Files of a packed family: outputs at the end of training, outputs over training, and the models table."""

    sizes: Path
    training: Path | None
    models: Path


def pack_family(plan: FamilyPlan, folder: Path, into: Path) -> Packed:
    """Gather the outputs of all trained models of a plan into tables that a study file can name.

    Log-probabilities are rounded to two decimals, which no score here can tell from the full ones.

    Raises:
        FamilyIncompleteError: A model of the plan has not been trained yet.
    """
    missing = [member.model_id for member in plan.members() if not is_trained(member, folder)]
    if missing:
        raise FamilyIncompleteError(missing, folder)
    into.mkdir(parents=True, exist_ok=True)
    planned = [name for member in plan.members() for name in member.model_ids]
    outputs = pl.concat([pl.read_parquet(folder / f"{m.model_id}.parquet") for m in plan.members()])
    outputs = (
        outputs.filter(pl.col("model_id").is_in(planned))
        .with_columns(pl.col("target_logprobs").list.eval(pl.element().round(2)), pl.col("end_logprob").round(2))
        .sort("task_id", "item_id", "model_id")
    )
    records = [
        record
        for member in plan.members()
        for record in json.loads((folder / f"{member.model_id}.json").read_text())
        if record["model_id"] in planned
    ]
    at_checkpoint = pl.col("model_id").str.contains("-step")
    models = into / "models.csv"
    _write_then_rename(models, lambda path: pl.DataFrame(records).write_csv(path))
    sizes = into / "outputs-sizes.parquet"
    _write_outputs(outputs.filter(~at_checkpoint), sizes)
    over_training = outputs.filter(at_checkpoint)
    if over_training.is_empty():
        return Packed(sizes, None, models)
    training = into / "outputs-training.parquet"
    _write_outputs(over_training, training)
    return Packed(sizes, training, models)


def _write_outputs(outputs: pl.DataFrame, path: Path) -> None:
    _write_then_rename(
        path, lambda temporary: outputs.write_parquet(temporary, compression="zstd", compression_level=19)
    )


class FamilyIncompleteError(MirageError):
    """Models of a plan are not trained yet."""

    def __init__(self, missing: Sequence[str], folder: Path) -> None:
        self.missing = list(missing)
        super().__init__(
            f"{len(missing)} models are not trained yet in {folder}: {', '.join(missing[:5])}; "
            "run the training again, it goes on where it stopped"
        )
