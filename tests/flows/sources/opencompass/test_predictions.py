"""OpenCompass predictions: written, by label, in rounds, in parts, with the results beside."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from flows.sources.registry import UnreadableFileError
from tests.flows.sources.reading import CASES, Read, read

MODEL = "tiny-1b-hf"
OPENCOMPASS = CASES / "opencompass"


def of(folder: str, data_set: str) -> Read:
    return read(OPENCOMPASS / folder / "predictions" / MODEL / f"{data_set}.json")


def test_written_answers_with_what_the_evaluator_took_from_them() -> None:
    found = of("written", "gsm8k")

    assert found.samples.select("item_id", "prompt", "output", "extracted", "targets").rows() == [
        ("0", "3+4=", "It is 7", "7", ["7"]),
        ("1", "3+5=", "9", "9", ["8", "eight"]),
        ("2", "3+6=", "", "", None),
    ]
    assert found.samples.select("model_id", "task_id").unique().rows() == [(MODEL, "gsm8k")]
    logged, ours = found.scores()["accuracy", None]
    assert ours == pytest.approx(logged)
    assert found.reported["route"].to_list() == ["item_scores"]


def test_several_predictions_are_repeats_and_rounds_are_items() -> None:
    votes, rounds = of("written", "votes"), of("written", "rounds")

    assert votes.samples.select("item_id", "repeat", "output").rows() == [("0", 0, "7"), ("0", 1, "8"), ("0", 2, "7")]
    assert rounds.samples.select("item_id", "repeat", "output", "targets").rows() == [
        ("0.0", 0, "a", ["a"]),
        ("0.1", 0, "c", ["b"]),
    ]
    assert rounds.column("prompt")[1] == "HUMAN: one\n\nBOT: a\n\nHUMAN: two"


def test_perplexities_of_whole_prompts_are_no_likelihoods_of_choices() -> None:
    found = of("labels", "mmlu")

    assert found.column("choice_logprobs") == [None, None]
    assert found.column("choices") == [["A", "B"]] * 2
    assert found.column("gold") == [1, 1]
    assert found.column("extracted") == ["B", "A"]
    assert found.scores()["accuracy", None] == (50.0, 50.0)
    assert found.finding("no_logprobs").reason.startswith("2 rows")


def test_likelihoods_of_labels() -> None:
    (row,) = of("labels", "likely").rows

    assert (row["choice_logprobs"], row["gold"], row["target_logprob"]) == ([-3.0, -1.0], 1, -1.0)
    assert of("labels", "likely").scores()["accuracy", None] == (100.0, 100.0)


def test_conditional_probabilities_keep_the_choice() -> None:
    (row,) = of("labels", "clp").rows

    assert (row["choices"], row["output"], row["gold"], row["targets"]) == (["yes", "no"], "no", 0, ["yes"])
    assert row["choice_logprobs"] is None


def test_parts_go_on_counting() -> None:
    assert of("parts", "long_0").column("item_id") == ["0", "1", "2"]
    second = of("parts", "long_1")
    assert second.column("item_id") == ["3", "4"]
    assert set(second.column("task_id")) == {"long"}


def test_a_name_that_ends_like_a_part_is_a_name() -> None:
    assert set(of("parts", "grade_1").column("task_id")) == {"grade_1"}


def test_a_part_without_those_before_is_refused(tmp_path: Path) -> None:
    shutil.copytree(OPENCOMPASS / "parts", tmp_path / "copy")
    folder = tmp_path / "copy" / "predictions" / MODEL
    (folder / "long_1.json").rename(folder / "long_2.json")

    with pytest.raises(UnreadableFileError, match="part 1 of long is not beside it"):
        read(folder / "long_2.json")


def test_results_count_only_where_predictions_are_missing() -> None:
    results = OPENCOMPASS / "written" / "results" / MODEL

    assert read(results / "gsm8k.json").reported.is_empty()
    alone = read(results / "alone.json")
    assert alone.scores() == {("score", None): (12.5, None), ("error_count", None): (0.0, None)}
    assert "aggregate_only" in alone.kinds()


def test_predictions_outside_their_folders_need_a_model(tmp_path: Path) -> None:
    shutil.copy(OPENCOMPASS / "written" / "predictions" / MODEL / "gsm8k.json", tmp_path)

    with pytest.raises(UnreadableFileError, match="set model_id"):
        read(tmp_path / "gsm8k.json")
    assert set(read(tmp_path / "gsm8k.json", model_id="m").column("task_id")) == {"gsm8k"}


def test_entries_that_are_no_items_are_named(tmp_path: Path) -> None:
    text = (OPENCOMPASS / "written" / "predictions" / MODEL / "votes.json").read_text()
    (tmp_path / "votes.json").write_text(text.rstrip().removesuffix("}") + ', "x": {}, "²": {"prediction": "1"}}')

    found = read(tmp_path / "votes.json", model_id="m")

    assert found.kinds().count("no_item") == 2
    assert found.samples.height == 3
