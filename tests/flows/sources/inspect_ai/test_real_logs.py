"""Logs written by the real tool, and what is known of them."""

from __future__ import annotations

from pathlib import Path

from tests.flows.sources.reading import Read, read


def real_logs(shared_data: Path) -> dict[str, Read]:
    folder = shared_data / "log-formats/inspect"
    return {path.name: read(path) for path in sorted([*folder.rglob("*.json"), *folder.rglob("*.eval")])}


def test_real_logs(shared_data: Path) -> None:
    logs = real_logs(shared_data)

    assert len(logs) == 18
    assert {found.format for found in logs.values()} == {"inspect_ai"}
    assert not [name for name, found in logs.items() if "score_differs" in found.kinds()]
    agreeing = [name for name, found in logs.items() if "score_agrees" in found.kinds()]
    assert len(agreeing) == 13

    streamed = logs["log_streaming.eval"]
    assert sorted(streamed.samples.select("item_id", "repeat").rows()) == [("1", 0), ("1", 1), ("2", 0), ("2", 1)]
    assert streamed.scores()["accuracy", "match"] == (0.75, 0.75)

    cancelled = logs["2025-05-12T20-28-13-04-00_popularity.json"]
    assert "'cancelled'" in cancelled.finding("not_finished").reason
    assert cancelled.samples.height == 3

    alone = logs["data_with_llm_scoring.json"]
    assert alone.samples.is_empty()
    assert "aggregate_only" in alone.kinds()

    assert logs["log_formats.eval"].column("output") == logs["log_formats.json"].column("output")


def test_attachments_are_never_left_as_references(shared_data: Path) -> None:
    for name, found in real_logs(shared_data).items():
        for column in ("prompt", "output", "extracted"):
            left = [text for text in found.column(column) if text is not None and "attachment://" in text]
            assert not left, (name, column)
