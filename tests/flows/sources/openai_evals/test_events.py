"""Records of OpenAI Evals: events joined by sample, wherever the report stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.sources.registry import UnreadableFileError
from tests.flows.sources.reading import CASES, read

RECORDS = CASES / "openai_evals"


def test_interleaved_samples_are_joined() -> None:
    found = read(RECORDS / "report-last" / "interleaved.jsonl")

    assert found.samples.select("item_id", "output", "extracted", "targets").rows() == [
        ("tiny.dev.0", "7", "7", ["7"]),
        ("tiny.dev.1", "It is 9", None, ["8", "eight"]),
    ]
    assert found.column("prompt")[0] == "system: Add.\n\nuser: 3+4="
    assert set(found.column("model_id")) == {"some-model"}
    assert set(found.column("n_shots")) == {None}
    assert found.reported.select("metric", "value", "recomputed").rows() == [
        ("accuracy", 0.5, 0.5),
        ("boostrap_std", 0.25, None),
    ]
    assert "too many requests" in found.finding("failed_sample").reason
    assert found.finding("no_sample").line == 7


def test_the_first_of_several_outputs_is_the_models_own() -> None:
    found = read(RECORDS / "report-first" / "graded.jsonl")

    assert found.column("output") == ["Knock knock", "Once"]
    assert found.reported.select("metric", "value", "recomputed").rows() == [("score", 0.75, 0.75)]


def test_likelihoods_and_picked_options() -> None:
    likely, picked = read(RECORDS / "likelihood" / "logp.jsonl").rows

    assert (likely["target_logprob"], likely["targets"], likely["n_target_bytes"]) == (-0.5, [" 7"], 2)
    assert (picked["choices"], picked["gold"], picked["extracted"]) == (["red", "blue"], 1, "red")


def test_a_record_without_report_is_unfinished() -> None:
    found = read(RECORDS / "unfinished" / "cut.jsonl")

    assert found.samples.height == 1
    assert found.finding("not_finished").severity == "warning"


def test_a_record_without_specification_is_refused(tmp_path: Path) -> None:
    lines = (RECORDS / "unfinished" / "cut.jsonl").read_text().splitlines(keepends=True)
    (tmp_path / "events.jsonl").write_text("".join(lines[1:]))

    with pytest.raises(UnreadableFileError, match="no line holds `spec`"):
        read(tmp_path / "events.jsonl", "openai_evals")


def test_a_wrong_report_is_named_with_both_numbers(tmp_path: Path) -> None:
    text = (RECORDS / "report-last" / "interleaved.jsonl").read_text().replace('"accuracy": 0.5', '"accuracy": 0.6')
    (tmp_path / "a.jsonl").write_text(text)

    assert "0.6 in the log and 0.5 from the rows" in read(tmp_path / "a.jsonl").finding("score_differs").reason


def test_real_records(shared_data: Path) -> None:
    found = {path.stem: read(path) for path in sorted(shared_data.glob("log-formats/openai-evals/*.jsonl"))}

    assert {name: one.samples.height for name, one in found.items()} == {
        "addition-fuzzy": 25,
        "addition-match": 25,
        "test-fuzzy-match": 3,
        "test-includes": 3,
        "test-match": 3,
    }
    for name, one in found.items():
        assert one.scores()["accuracy", None] == (0.0, 0.0), name
        assert "score_differs" not in one.kinds()
