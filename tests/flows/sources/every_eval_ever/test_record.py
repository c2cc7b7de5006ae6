"""Samples and records of Every Eval Ever."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from flows.sources.registry import UnreadableFileError, sources
from tests.flows.sources.reading import CASES, read

CASE = CASES / "every_eval_ever"
SAMPLES = CASE / "0.2" / "5f0c_samples.jsonl"


def test_a_sample_with_two_scores_is_one_row() -> None:
    found = read(SAMPLES)
    assert found.format == "every_eval_ever"
    assert found.samples.group_by("task_id", maintain_order=True).len().rows() == [("tiny_sum", 4), ("tiny_agent", 1)]
    first, second, third, fourth, _ = found.rows
    assert (first["model_id"], first["item_id"], first["prompt"]) == ("dev/tiny-70m", "tiny_0", "1+1=")
    assert (first["output"], first["extracted"], first["targets"]) == ("It is 2.", "2", ["2"])
    assert (second["extracted"], third["targets"]) == ("5", ["7", "seven"])
    assert (fourth["output"], fourth["extracted"]) == ("", "")


def test_the_end_of_a_conversation_is_the_output() -> None:
    assert read(SAMPLES).rows[-1]["output"] == "done"


def test_the_means_of_samples_are_the_scores_of_the_record() -> None:
    found = read(SAMPLES)
    assert found.scores() == {
        ("exact_match", "em"): (0.5, 0.5),
        ("f1", "f1"): (0.625, 0.625),
        ("success", "agent"): (1.0, 1.0),
    }
    (em,) = found.reported.filter(found.reported["metric"] == "exact_match").to_dicts()
    assert (em["se"], em["n_items"], em["route"]) == (0.2887, 4, "item_scores")


def test_a_score_that_differs_is_told(tmp_path: Path) -> None:
    (tmp_path / SAMPLES.name).write_bytes(SAMPLES.read_bytes())
    said = json.loads((CASE / "0.2" / "5f0c.json").read_text())
    said["evaluation_results"][0]["score_details"]["score"] = 0.75
    (tmp_path / "5f0c.json").write_text(json.dumps(said))
    assert "0.75 in the log and 0.5 from the rows" in read(tmp_path / SAMPLES.name).finding("score_differs").reason


def test_samples_without_their_record_are_read(tmp_path: Path) -> None:
    (tmp_path / SAMPLES.name).write_bytes(SAMPLES.read_bytes())
    found = read(tmp_path / SAMPLES.name)
    assert found.samples.height == 5
    assert found.reported.is_empty()


def test_a_record_gives_scores_only_where_no_samples_are() -> None:
    assert read(CASE / "0.2" / "5f0c.json").reported.is_empty()
    found = read(CASE / "scores-only" / "77aa.json")
    assert found.scores() == {("exact_match", "em"): (0.25, None)}
    assert "aggregate_only" in found.kinds()


def test_the_record_is_read_with_its_samples() -> None:
    companions = sources()["every_eval_ever"].companions
    assert [path.name for path in companions(SAMPLES)] == ["5f0c.json"]
    assert not companions(CASE / "0.2" / "5f0c.json")


@pytest.mark.parametrize("version", ["0.3.0", "1.0.0", "", None])
def test_a_newer_version_is_refused_by_name(tmp_path: Path, version: str | None) -> None:
    said = json.loads((CASE / "scores-only" / "77aa.json").read_text()) | {"schema_version": version}
    (tmp_path / "a.json").write_text(json.dumps(said))
    line = json.loads(SAMPLES.read_text().splitlines()[0]) | {"schema_version": version}
    (tmp_path / "b.jsonl").write_text(json.dumps(line))
    for name in ("a.json", "b.jsonl"):
        with pytest.raises(UnreadableFileError, match=r"versions up to 0\.2 are known") as caught:
            read(tmp_path / name)
        assert caught.value.kind == "newer_version"


def test_numbers_and_truths_written_as_text(tmp_path: Path) -> None:
    rows = [json.loads(line) for line in SAMPLES.read_text().splitlines()[::2]][:4]
    for row in rows:
        row["evaluation"] = {"score": None, "is_correct": str(row["evaluation"]["is_correct"])}
        row["answer_attribution"][0]["is_terminal"] = "True"
    (tmp_path / SAMPLES.name).write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "5f0c.json").write_bytes((CASE / "0.2" / "5f0c.json").read_bytes())
    found = read(tmp_path / SAMPLES.name)
    assert found.scores()["exact_match", "em"] == (0.5, 0.5)
    assert found.column("extracted")[:2] == ["2", "5"]
