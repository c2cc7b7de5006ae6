"""lm-evaluation-harness of every version: rows, filters, repeats, numbers as text."""

from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from flows.sources.registry import UnreadableFileError
from metrics.scores import score_samples
from tests.flows.sources.reading import CASES, read

LM = CASES / "lm_eval"
OLD = LM / "0.4.2"
TIME_9 = "2025-11-01T10-00-00.000001"


def case(task: str) -> Path:
    return LM / "0.4.9" / f"samples_tiny_{task}_{TIME_9}.jsonl"


def test_03_has_scores_only() -> None:
    found = read(LM / "0.3" / "results.json")

    assert found.samples.is_empty()
    assert found.finding("aggregate_only").severity == "note"
    assert found.reported.select("model_id", "task_id", "n_shots", "filter", "metric", "value", "se").rows() == [
        ("some/tiny-70m@step1000", "tiny_mc", 0, None, "acc", 0.5, 0.5),
        ("some/tiny-70m@step1000", "tiny_mc", 0, None, "acc_norm", 0.25, 0.25),
        ("some/tiny-70m@step1000", "tiny_ll", 0, None, "ppl", 2.5, 0.1),
    ]


def test_042_is_an_indented_array_of_real_numbers() -> None:
    found = read(OLD / "pretrained__some__tiny-70m,revision__step1000_tiny_mc.jsonl")

    assert "one JSON array" in found.finding("json_array").reason
    assert found.column("choice_logprobs") == [[-3.0, -1.0, -4.0, -5.0]] * 2
    assert found.column("gold") == [1, 0]
    assert found.column("choices")[0] == ["w", "x", "y", "z"]
    assert found.scores() == {("acc", "none"): (0.5, 0.5), ("acc_norm", "none"): (0.5, 0.5)}


def test_requests_without_a_prompt_are_the_choices_without_the_question() -> None:
    found = read(case("mutual"))

    assert found.column("choices") == [["yes", "no"]]
    assert found.column("choice_logprobs") == [[-1.0, -2.0]]
    assert found.column("choice_unconditional_logprobs") == [[-0.5, -3.0]]
    scored = score_samples(found.samples.with_columns(run_id=pl.lit("run")), ["multiple_choice_grade_unconditional"])
    # -1 + 0.5 against -2 + 3: the second choice, which is right
    assert scored.frame["multiple_choice_grade_unconditional"].to_list() == [1.0]


@pytest.mark.parametrize(
    "path",
    [
        OLD / "pretrained__some__tiny-70m,revision__step1000_tiny_gen.jsonl",
        LM / "0.4.4" / "samples_tiny_gen_2024-10-01T10-00-00.000001.jsonl",
    ],
    ids=["0.4.2", "0.4.4"],
)
def test_rows_without_a_filter_take_it_from_their_order(path: Path) -> None:
    found = read(path)

    assert found.samples.select("item_id", "filter", "extracted").rows() == [
        ("0", "strict", "[invalid]"),
        ("1", "strict", "7"),
        ("0", "flexible", "12"),
        ("1", "flexible", "7"),
    ]
    assert found.scores() == {("exact_match", "strict"): (0.5, 0.5), ("exact_match", "flexible"): (1.0, 1.0)}
    assert set(found.column("n_shots")) == {5}
    assert found.column("output")[0] == "It is 12 then"


def test_numbers_and_booleans_as_text() -> None:
    found = read(case("ll"))

    assert found.column("target_logprob") == [-1.0, -3.0]
    assert found.column("is_greedy") == [True, False]
    assert found.column("targets") == [[" word"], [" wörd"]]
    assert found.column("n_target_bytes") == [5, 6]
    assert found.scores()["acc", "none"] == (0.5, 0.5)


def test_a_whole_text_has_no_prompt() -> None:
    (row,) = read(case("rolling")).rows

    assert (row["prompt"], row["targets"], row["target_logprob"], row["n_target_bytes"]) == (None, ["héllo"], -12.0, 6)
    assert row["output"] is None


def test_lists_of_targets_and_texts_that_look_like_lists() -> None:
    found = read(case("gen"))

    assert found.column("targets") == [["a", "b"], ["[1, 2]"], None]
    assert found.column("output") == ["a", "[1, 2]", ""]
    assert found.finding("no_target").line == 3


def test_repeats_are_rows_and_a_vote_belongs_to_none_of_them() -> None:
    found = read(LM / "0.5.0.dev1" / "samples_tiny_repeats_2026-08-01T10-00-00.000001.jsonl")

    assert found.samples.select("filter", "item_id", "repeat", "output", "extracted").rows() == [
        ("none", "0", 0, "7", "7"),
        ("none", "0", 1, "8", "8"),
        ("none", "1", 0, "7", "7"),
        ("none", "1", 1, "7", "7"),
        ("majority", "0", 0, "7", None),
        ("majority", "0", 1, "8", None),
        ("majority", "1", 0, "7", None),
        ("majority", "1", 1, "7", None),
    ]


def test_the_model_has_its_revision_and_its_parameters() -> None:
    assert set(read(case("ll")).column("model_id")) == {"some/tiny-410m@step3000"}
    assert read(case("ll")).models is None
    named = read(LM / "0.4.4" / "samples_tiny_gen_2024-10-01T10-00-00.000001.jsonl")
    assert named.models is not None
    assert named.models.select("model_id", "n_params", "source").rows() == [("some/tiny-160m", 162322944.0, "log")]


def test_a_results_file_gives_only_what_has_no_samples(tmp_path: Path) -> None:
    path = LM / "0.4.9" / f"results_{TIME_9}.json"
    assert read(path).reported.is_empty()

    (tmp_path / path.name).write_bytes(path.read_bytes())
    assert read(tmp_path / path.name).reported.height == 14


def test_samples_alone_need_a_model(tmp_path: Path) -> None:
    copy = tmp_path / case("ll").name
    copy.write_bytes(case("ll").read_bytes())

    with pytest.raises(UnreadableFileError, match="set model_id"):
        read(copy)
    assert read(copy, model_id="m").column("task_id") == ["tiny_ll", "tiny_ll"]


def test_a_score_that_differs_is_named_with_both_numbers(tmp_path: Path) -> None:
    results = json.loads((LM / "0.4.9" / f"results_{TIME_9}.json").read_text())
    results["results"]["tiny_words"]["acc,none"] = 0.75
    (tmp_path / f"results_{TIME_9}.json").write_text(json.dumps(results))
    (tmp_path / case("words").name).write_bytes(case("words").read_bytes())

    finding = read(tmp_path / case("words").name).finding("score_differs")

    assert finding.severity == "warning"
    assert "0.75" in finding.reason
    assert "0.5 from the rows" in finding.reason


def test_missing_items_are_said_instead_of_a_wrong_score(tmp_path: Path) -> None:
    (tmp_path / f"results_{TIME_9}.json").write_bytes((LM / "0.4.9" / f"results_{TIME_9}.json").read_bytes())
    half = case("words").read_text().splitlines()[0]
    (tmp_path / case("words").name).write_text(f'{half}\n{{"doc_id": 1, "do')

    found = read(tmp_path / case("words").name)

    assert found.finding("items_missing").reason == "the results file says 2 items, and 1 are here"
    assert found.finding("broken_line").line == 2
    assert found.n_quarantined == 1
    assert "score_differs" not in found.kinds()


def test_a_name_made_up_at_random_is_said(tmp_path: Path) -> None:
    results = {
        "results": {"t": {"acc,none": 0.5}},
        "versions": {"t": 1},
        "config": {"model_args": {}},
        "model_name": "wxrd1574",
    }
    (tmp_path / "results.json").write_text(json.dumps(results))

    assert "'wxrd1574'" in read(tmp_path / "results.json").finding("random_model_name").reason
    assert "random_model_name" not in read(tmp_path / "results.json", model_id="m").kinds()
