"""Inspect logs of every form: deflated, zstd, unfinished, chunked, one document, and from before version 2."""

from __future__ import annotations

from pathlib import Path

import pytest

from flows.sources.inspect_ai.sample import worth
from tests.flows.sources.reading import CASES, read

INSPECT = CASES / "inspect_ai"
ARCHIVES = [INSPECT / "2-deflate" / "log.eval", INSPECT / "2-zstd" / "log.eval"]
LONG = "A long question " * 20


@pytest.mark.parametrize("path", ARCHIVES, ids=["deflate", "zstd"])
def test_an_archive(path: Path) -> None:
    found = read(path)

    assert found.samples.select("item_id", "repeat", "output", "extracted", "targets").rows() == [
        ("a/1", 0, "12", "12", ["12"]),
        ("a/1", 1, "It is 13", "13", ["12"]),
        ("b_epoch_2", 0, "7", "7", ["7", "seven"]),
        ("b_epoch_2", 1, "", None, ["7", "seven"]),
    ]
    assert found.column("prompt") == [LONG, LONG, "system: Add.\n\nuser: 3+4=", "3+4="]
    assert found.samples.select("model_id", "task_id", "n_shots", "prompting").unique().rows() == [
        ("hf/some/tiny-70m@step1000", "tiny", 4, "cot")
    ]


@pytest.mark.parametrize("path", ARCHIVES, ids=["deflate", "zstd"])
def test_unscored_does_not_count_and_epochs_are_averaged_first(path: Path) -> None:
    found = read(path)

    assert found.scores()["accuracy", "match"] == (0.75, 0.75)
    assert found.reported["se"].to_list() == [0.25]


def test_a_sample_that_failed_is_left_out_and_named() -> None:
    found = read(ARCHIVES[0])

    assert found.n_quarantined == 1
    assert "out of memory" in found.finding("failed_sample").reason


def test_a_log_without_header_is_unfinished() -> None:
    found = read(INSPECT / "2-unfinished" / "log.eval")

    assert found.column("item_id") == ["a/1", "a/1"]
    assert "no header" in found.finding("not_finished").reason


def test_chunks_and_their_attachments_by_number() -> None:
    found = read(INSPECT / "3-chunked" / "log.eval")

    assert found.column("item_id") == ["a/1"]
    assert found.column("prompt") == [LONG]


def test_multiple_choice_in_one_document() -> None:
    found = read(INSPECT / "2-document" / "log.json")

    assert found.column("gold") == [1, None, 0]
    assert found.column("choices") == [["red", "blue"]] * 3
    assert found.column("targets") == [["B"], ["A", "B"], ["A"]]
    assert found.column("extracted") == ["B", "A,B", "B"]
    assert set(found.column("prompting")) == {"direct"}
    assert set(found.column("n_shots")) == {2}
    assert found.scores()["accuracy", "choice"] == (0.5, 0.5)
    assert "'cancelled'" in found.finding("not_finished").reason


def test_before_there_could_be_several_scorers() -> None:
    found = read(INSPECT / "1-early" / "log.json")

    assert found.column("output") == ["7", "9"]
    assert found.column("extracted") == ["7", "9"]
    assert found.scores()["accuracy", "match"] == (0.5, 0.5)


@pytest.mark.parametrize(
    ("value", "number"),
    [
        ("C", 1.0),
        ("P", 0.5),
        ("I", 0.0),
        ("N", 0.0),
        (True, 1.0),
        (0.65, 0.65),
        ("0.5", 0.5),
        ("Yes", 1.0),
        ("False", 0.0),
        (float("nan"), None),
        ([1], None),
        ({"a": 1}, None),
        ("c", None),
        (None, None),
    ],
)
def test_what_a_score_is_worth(value: object, number: float | None) -> None:
    assert worth(value) == number
