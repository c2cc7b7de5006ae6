"""Pairing of items over the runs of a ladder."""

from __future__ import annotations

import polars as pl
import pytest

from metrics.ladder import PairedLadder


def rows(answers: dict[str, dict[str, float | None]], scales: dict[str, float], **columns: object) -> pl.DataFrame:
    """One row a (run, item) from {run: {item: exact match}}."""
    return pl.DataFrame(
        [
            {
                "run_id": run,
                "model_id": f"model-{run}",
                "seed": 0,
                "scale": scales[run],
                "item_id": item,
                "cluster": None,
                "exact_match": value,
            }
            for run, items in answers.items()
            for item, value in items.items()
        ],
        schema_overrides={"cluster": pl.String, "exact_match": pl.Float64},
    ).with_columns(**{name: pl.lit(value) for name, value in columns.items()})


def test_only_items_every_run_answered_are_kept_and_runs_are_ordered_by_scale() -> None:
    frame = rows(
        {"big": {"a": 1, "b": 1, "c": 1}, "small": {"c": 0, "a": 0}, "mid": {"a": 0, "b": None, "c": 1}},
        {"big": 1e9, "small": 1e6, "mid": 1e7},
    )
    ladder = PairedLadder(frame, ["exact_match"])
    assert [run.run_id for run in ladder.runs] == ["small", "mid", "big"]
    assert ladder.n_items == 2
    assert ladder.n_items_dropped == 1
    values = ladder.values("exact_match")
    assert values is not None
    assert values.tolist() == [[0, 0], [0, 1], [1, 1]]
    assert ladder.missing_items() == [("small", 1)]


def test_replicates_share_a_scale_index() -> None:
    frame = rows({"a": {"i": 0}, "b": {"i": 1}, "c": {"i": 1}}, {"a": 10.0, "b": 10.0, "c": 100.0})
    ladder = PairedLadder(frame, ["exact_match"])
    assert ladder.scale_index.tolist() == [0, 0, 1]
    assert ladder.scales == [10.0, 100.0]


def test_scales_too_close_to_tell_apart_are_replicates() -> None:
    frame = rows({"a": {"i": 0}, "b": {"i": 1}, "c": {"i": 1}}, {"a": 1000.0, "b": 1001.0, "c": 1010.0})
    ladder = PairedLadder(frame, ["exact_match"])
    assert ladder.scale_index.tolist() == [0, 0, 1]
    assert ladder.scales == [1000.5, 1010.0]


def test_a_loss_axis_grows_as_the_loss_falls() -> None:
    frame = rows({"a": {"i": 0}, "b": {"i": 1}}, {"a": 4.0, "b": 2.0})
    ladder = PairedLadder(frame, ["exact_match"], descending=True)
    assert [run.run_id for run in ladder.runs] == ["a", "b"]
    assert ladder.x[1] > ladder.x[0]


def test_the_first_repeat_counts() -> None:
    frame = pl.concat(
        [
            rows({"a": {"i": 0}}, {"a": 1.0}).with_columns(repeat=pl.lit(1)),
            rows({"a": {"i": 1}}, {"a": 1.0}).with_columns(repeat=pl.lit(0)),
        ]
    )
    values = PairedLadder(frame, ["exact_match"]).values("exact_match")
    assert values is not None
    assert values.tolist() == [[1]]


@pytest.mark.parametrize(("clusters", "expected"), [([None, None], None), (["p", "p"], [0, 0]), (["p", None], 2)])
def test_clusters(clusters: list[str | None], expected: object) -> None:
    frame = rows({"a": {"i": 0, "j": 1}}, {"a": 1.0}).with_columns(cluster=pl.Series(clusters, dtype=pl.String))
    found = PairedLadder(frame, ["exact_match"]).cluster
    if found is None:
        assert expected is None
    elif isinstance(expected, int):
        assert len(set(found.tolist())) == expected
    else:
        assert found.tolist() == expected


def test_a_column_with_a_gap_is_not_used() -> None:
    frame = rows({"a": {"i": 0, "j": 1}}, {"a": 1.0}).with_columns(other=pl.Series([1.0, None]))
    ladder = PairedLadder(frame, ["exact_match"])
    assert ladder.values("other") is None
    assert ladder.values("absent") is None
