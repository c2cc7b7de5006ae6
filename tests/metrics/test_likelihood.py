"""Bits per byte and greedy match: which column counts, and what has no score."""

from __future__ import annotations

import math

import polars as pl
import pytest

from metrics.scores import score_samples

SCHEMA = {
    "run_id": pl.String,
    "item_id": pl.String,
    "repeat": pl.Int32,
    "targets": pl.List(pl.String),
    "target_logprobs": pl.List(pl.Float64),
    "target_logprob": pl.Float64,
    "n_target_bytes": pl.Int32,
    "target_is_argmax": pl.List(pl.Boolean),
    "is_greedy": pl.Boolean,
}


def scored(name: str, *rows: dict[str, object]) -> list[float | None]:
    keyed = [{"run_id": "run", "item_id": str(i), "repeat": 0} | row for i, row in enumerate(rows)]
    return score_samples(pl.DataFrame(keyed, schema=SCHEMA), [name]).frame[name].to_list()


def test_bits_per_byte_by_hand() -> None:
    # "né" has 3 bytes; probability 1/8 is 3 bits: 1 bit a byte
    eighth = math.log(1 / 8)
    assert scored(
        "bits_per_byte",
        {"targets": ["né"], "target_logprob": eighth},
        {"targets": ["né"], "target_logprobs": [eighth / 3] * 3},
        {"targets": ["né"], "target_logprob": -99.0, "target_logprobs": [eighth]},
        {"n_target_bytes": 6, "target_logprob": eighth},
        {"targets": ["né"], "n_target_bytes": 6, "target_logprob": eighth},
    ) == pytest.approx([1, 1, 1, 0.5, 0.5])


def test_a_certain_target_costs_nothing() -> None:
    (value,) = scored("bits_per_byte", {"targets": ["a"], "target_logprob": 0.0})
    assert math.copysign(1, value or 0.0) == 1
    assert value == 0


def test_what_has_no_bits_per_byte() -> None:
    assert (
        scored(
            "bits_per_byte",
            {"targets": [""], "target_logprob": -1.0},
            {"targets": ["a", "b"], "target_logprob": -1.0},
            {"targets": ["a"]},
            {"targets": ["a"], "target_logprob": -math.inf},
            {"targets": ["a"], "target_logprob": math.nan},
            {"targets": ["a"], "target_logprobs": []},
        )
        == [None] * 6
    )


def test_greedy_match_takes_the_flag_of_the_log_first() -> None:
    assert scored(
        "is_greedy_match",
        {"is_greedy": True, "target_is_argmax": [False]},
        {"is_greedy": False},
        {"target_is_argmax": [True, True]},
        {"target_is_argmax": [True, False]},
        {"target_is_argmax": [True, None]},
        {"target_is_argmax": []},
        {},
    ) == [1, 0, 1, 0, None, None, None]
