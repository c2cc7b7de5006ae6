"""A real training, small enough for a test: it learns, it resumes, its outputs are what the models wrote."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from flows.lab.family import FamilyIncompleteError, FamilyPlan, pack_family
from flows.lab.tasks import TASKS
from flows.lab.workshop import members_to_train, train_family

torch = pytest.importorskip("torch", reason="torch is not installed: make setup-lab")
pytestmark = pytest.mark.lab

PLAN = FamilyPlan(
    name="test",
    widths=(8, 16),
    depth=1,
    seeds=(0,),
    steps=60,
    items=12,
    checkpoint_steps=(30,),
    checkpoint_widths=((16, 1),),
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("lab")
    result = train_family(PLAN, folder)
    assert result.n_trained == result.n_models == 2
    return folder


def test_outputs_hold_everything_a_score_needs(trained: Path) -> None:
    frame = pl.read_parquet(trained / "outputs-sizes.parquet")
    assert sorted(frame["model_id"].unique()) == ["test-d16-seed0", "test-d8-seed0"]
    assert frame.group_by("model_id", "task_id").len()["len"].unique().to_list() == [12]
    lengths = frame.select(
        pl.col("target").str.len_chars(),
        pl.col("target_logprobs").list.len().alias("logprobs"),
        pl.col("target_is_argmax").list.len().alias("flags"),
    )
    assert (lengths["target"] == lengths["logprobs"]).all()
    assert (lengths["target"] == lengths["flags"]).all()
    assert frame["target_logprobs"].explode().max() <= 0  # type: ignore[operator]
    assert frame.null_count().sum_horizontal().item() == 0


def test_the_data_card_names_every_size_and_task(trained: Path) -> None:
    card = (trained / "README.md").read_text(encoding="utf-8")
    models = pl.read_csv(trained / "models.csv")
    assert all(f"| {n:,} |" in card for n in models["n_params"].unique())
    assert all(f"`{task.name}`" in card for task in TASKS)
    assert "{" not in card


def test_checkpoints_are_kept_apart(trained: Path) -> None:
    frame = pl.read_parquet(trained / "outputs-training.parquet")
    assert frame["model_id"].unique().to_list() == ["test-d16-seed0-step0030"]
    models = pl.read_csv(trained / "models.csv")
    tokens = dict(models.select("model_id", "train_tokens").iter_rows())
    assert tokens["test-d16-seed0-step0030"] == pytest.approx(tokens["test-d16-seed0"] / 2, rel=0.05)


def test_training_lowers_the_loss(trained: Path) -> None:
    records = json.loads((trained / "models" / "test-d16-seed0.json").read_text())
    assert records[-1]["train_loss"] < records[0]["train_loss"]
    assert records[-1]["n_params"] > records[-1]["n_params_non_embedding"] > 0


def test_greedy_output_agrees_with_the_teacher_forced_flags(trained: Path) -> None:
    """Where every target character is ranked first and so is the end, greedy decoding writes the target."""
    frame = pl.read_parquet(trained / "outputs-sizes.parquet")
    all_first = frame.filter(pl.col("target_is_argmax").list.all())
    starts = all_first.select(pl.col("output").str.starts_with(pl.col("target"))).to_series()
    assert all_first.height > 0
    assert starts.all()
    exact = frame.filter(pl.col("output") == pl.col("target"))
    assert exact["target_is_argmax"].list.all().all()


def test_a_second_training_does_nothing_and_a_lost_model_is_trained_again_the_same(trained: Path) -> None:
    before = pl.read_parquet(trained / "outputs-sizes.parquet")
    assert train_family(PLAN, trained).n_trained == 0
    (trained / "models" / "test-d8-seed0.json").unlink()
    assert [member.model_id for member in members_to_train(PLAN, trained)] == ["test-d8-seed0"]
    assert train_family(PLAN, trained).n_trained == 1
    assert pl.read_parquet(trained / "outputs-sizes.parquet").equals(before)


def test_packing_an_incomplete_family_names_what_is_missing(trained: Path, tmp_path: Path) -> None:
    with pytest.raises(FamilyIncompleteError, match=r"1 models are not trained yet in .*test-d8-seed7"):
        pack_family(replace(PLAN, widths=(8,), seeds=(7,)), trained / "models", tmp_path)
