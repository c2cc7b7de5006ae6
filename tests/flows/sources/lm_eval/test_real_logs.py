"""Logs written by the real tool, and the numbers they are known by."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.flows.sources.reading import Read, read


def only(folder: Path, pattern: str) -> Read:
    (path,) = folder.glob(pattern)
    return read(path)


@pytest.mark.parametrize(
    ("model", "acc", "largest"),
    [
        ("google__gemma-2-9b", 0.3978, 27.6813),
        ("meta-llama__Llama-3.1-8B", 0.3562, 25.0944),
        ("meta-llama__Llama-3.1-70B", 0.3868, 25.0363),
    ],
)
def test_truthfulqa_multi(shared_data: Path, model: str, acc: float, largest: float) -> None:
    found = only(shared_data / "log-formats/lm-eval/truthfulqa-multi" / model, "samples_*.jsonl")

    assert found.samples.height == 817
    scores = found.scores()
    assert scores["bleu_acc", "none"] == pytest.approx((acc, acc), abs=5e-5)
    assert scores["bleu_max", "none"] == pytest.approx((largest, largest), abs=5e-5)
    assert "score_differs" not in found.kinds()
    assert set(found.column("n_shots")) == {6}


def test_multiple_choice_of_0413(shared_data: Path) -> None:
    found = only(shared_data / "log-formats/lm-eval/dummy-model-0.4.13", "samples_addition_mc_*.jsonl")

    scores = found.scores()
    assert scores["acc", "none"] == (0.175, pytest.approx(0.175))
    assert scores["acc_norm", "none"] == (0.15, pytest.approx(0.15))
    assert scores["brier_score", "none"] == pytest.approx((0.7960, 0.7960), abs=5e-5)
    assert "random_model_name" in found.kinds()


def test_two_filters_are_two_runs(shared_data: Path) -> None:
    found = only(shared_data / "log-formats/lm-eval/dummy-model-0.4.13", "samples_addition_gen_*.jsonl")

    assert sorted(found.samples["filter"].value_counts().rows()) == [("flexible-extract", 30), ("strict-match", 30)]


def test_a_file_cut_by_its_source_says_so(shared_data: Path) -> None:
    found = only(shared_data / "log-formats/lm-eval/math_perturbed", "samples_*.jsonl")

    assert found.samples.height == 10
    assert found.finding("items_missing").reason == "the results file says 5,000 items, and 10 are here"
    assert found.scores()["exact_match", "none"] == (0.0, 0.0)


def test_scores_alone(shared_data: Path) -> None:
    old = [read(path, model_id="m") for path in sorted(shared_data.glob("log-formats/lm-eval-v0.3/*/*.json"))]

    assert len(old) == 36
    assert all(found.format == "lm_eval" and found.reported.height and found.samples.is_empty() for found in old)
