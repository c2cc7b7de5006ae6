"""lighteval details of three layouts, found with their results by model and time."""

from __future__ import annotations

import shutil
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flows.sources.lighteval.results import task_and_shots
from flows.sources.registry import UnreadableFileError
from tests.flows.sources.reading import CASES, Read, read

LIGHTEVAL = CASES / "lighteval"


def details(version: str, task: str) -> Path:
    (path,) = (LIGHTEVAL / version).rglob(f"details_{task}_*.parquet")
    return path


def of(version: str, task: str) -> Read:
    return read(details(version, task))


def test_written_answers_since_011() -> None:
    found = of("0.11", "gsm8k|5")

    assert found.samples.select("item_id", "repeat", "output", "extracted", "targets").rows() == [
        ("0", 0, "It is 7", "7", ["7"]),
        ("0", 1, "8", "8", ["7"]),
        ("1", 0, "8", "8", ["8"]),
        ("1", 1, "8", "8", ["8"]),
    ]
    assert found.samples.select("model_id", "task_id", "n_shots").unique().rows() == [("some/tiny-1b", "gsm8k", 5)]
    assert found.reported.select("metric", "value", "se", "recomputed").rows() == [("em", 0.75, 0.25, 0.75)]


def test_choices_since_011() -> None:
    one, several = of("0.11", "arc|25").rows

    assert (one["choices"], one["choice_logprobs"], one["choice_n_tokens"]) == (
        ["red", "blue sky"],
        [-3.0, -4.0],
        [1, 2],
    )
    assert (one["gold"], one["target_logprob"], one["n_target_tokens"], one["n_target_bytes"]) == (1, -4.0, 2, 9)
    assert one["is_greedy"] is False
    assert one["prompt"] == "Q: Sky?"
    assert (several["gold"], several["targets"]) == (None, ["red", "blue"])


def test_whole_texts_since_011() -> None:
    (row,) = of("0.11", "wiki|0").rows

    assert (row["targets"], row["target_logprobs"], row["target_is_argmax"]) == (["héllo"], [-1.0, -2.5], [True, False])
    assert (row["n_target_tokens"], row["n_target_bytes"], row["prompt"]) == (2, 6, None)


@pytest.mark.parametrize(("version", "suite"), [("0.9", "lighteval"), ("0.6", "leaderboard")])
def test_flat_columns_native_and_printed(version: str, suite: str) -> None:
    choices, answers = of(version, f"{suite}|sky|5"), of(version, f"{suite}|sums|5")

    assert choices.column("choice_logprobs") == [[-3.0, -1.0]] * 2
    assert choices.column("choice_n_tokens") == [[1, 1]] * 2
    assert choices.column("gold") == [1, 0]
    assert choices.column("targets") == [["blue"], ["red"]]
    assert choices.scores()["acc", None] == (0.5, 0.5)
    assert choices.finding("shots_differ").reason.startswith("1 prompts")
    assert answers.samples.select("item_id", "output", "targets").rows() == [
        ("0", "7", ["7", "seven"]),
        ("1", "9", ["8"]),
    ]
    assert answers.scores()["qem", None] == (0.5, 0.5)
    assert set(answers.column("task_id")) == {f"{suite}|sums"}


def test_results_give_only_tasks_without_details() -> None:
    (path,) = (LIGHTEVAL / "0.11").rglob("results_*.json")

    assert read(path).reported.select("task_id", "metric", "value").rows() == [("other", "acc", 0.1)]


def test_details_without_results_take_the_model_from_their_folder(tmp_path: Path) -> None:
    shutil.copytree(LIGHTEVAL / "0.11" / "details", tmp_path / "details")
    (path,) = tmp_path.rglob("details_gsm8k*.parquet")
    assert set(read(path).column("model_id")) == {"some/tiny-1b"}

    lost = tmp_path / path.name
    shutil.copy(path, lost)
    with pytest.raises(UnreadableFileError, match="set model_id"):
        read(lost)


def test_tasks_of_two_three_and_four_parts() -> None:
    assert task_and_shots("gsm8k|5") == ("gsm8k", 5)
    assert task_and_shots("lighteval|arc:challenge|25") == ("lighteval|arc:challenge", 25)
    assert task_and_shots("leaderboard|arc:challenge|25|0") == ("leaderboard|arc:challenge", 25)
    assert task_and_shots("plain") == ("plain", None)


def test_truncated_parquet_is_refused(tmp_path: Path) -> None:
    path = tmp_path / details("0.11", "gsm8k|5").name
    path.write_bytes(details("0.11", "gsm8k|5").read_bytes()[:-100])

    with pytest.raises(UnreadableFileError, match="not readable as Parquet"):
        read(path, "lighteval", model_id="m")


def test_a_printed_cell_that_is_broken_leaves_the_row_out(tmp_path: Path) -> None:
    path = details("0.6", "leaderboard|sums|5")
    rows = pq.read_table(path).to_pylist()
    rows[0]["predictions"] = "["
    rows[1]["predictions"] = "[" * 5000
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / path.name)

    found = read(tmp_path / path.name, model_id="m")

    assert found.samples.is_empty()
    assert found.kinds().count("no_response") == 2


def test_a_row_without_output_is_left_out_and_named(tmp_path: Path) -> None:
    path = details("0.9", "lighteval|sums|5")
    rows = pq.read_table(path).to_pylist()
    rows[0]["predictions"] = []
    pq.write_table(pa.Table.from_pylist(rows), tmp_path / path.name)

    found = read(tmp_path / path.name, model_id="m")

    assert found.column("item_id") == ["1"]
    assert found.finding("no_response").line == 1
