"""Multiple choice against the numbers derived by hand in tests/reference/choices, and the definitions of others."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.choices import choice_table
from metrics.floors import choice_floors
from metrics.registry import METRICS
from metrics.scores import score_samples

SCHEMA = {
    "run_id": pl.String,
    "item_id": pl.String,
    "repeat": pl.Int32,
    "choices": pl.List(pl.String),
    "choice_logprobs": pl.List(pl.Float64),
    "choice_n_tokens": pl.List(pl.Int32),
    "choice_unconditional_logprobs": pl.List(pl.Float64),
    "gold": pl.Int32,
}


def frame(*rows: dict[str, Any]) -> pl.DataFrame:
    keyed = [{"run_id": "run", "item_id": f"{i:03d}", "repeat": 0} | row for i, row in enumerate(rows)]
    return pl.DataFrame(keyed, schema=SCHEMA)


def logs(*probabilities: float) -> list[float]:
    return [math.log(p) for p in probabilities]


HAND = {
    "choices": ["yes", "no way", "é"],
    "choice_logprobs": logs(0.2, 0.5, 0.1),
    "choice_n_tokens": [1, 4, 1],
    "choice_unconditional_logprobs": logs(0.1, 0.5, 0.2),
    "gold": 1,
}
SECOND = {"choices": ["a", "b"], "choice_logprobs": logs(0.9, 0.1), "gold": 1}


def column(samples: pl.DataFrame, name: str) -> list[float | None]:
    return score_samples(samples, [name]).frame[name].to_list()


BY_HAND = {
    "multiple_choice_grade": 1,
    "multiple_choice_grade_per_token": 1,
    "multiple_choice_grade_per_character": 1,
    "multiple_choice_grade_per_byte": 1,
    "multiple_choice_grade_unconditional": 0,
    "correct_choice_probability": 0.625,
    "choice_margin": math.log(2.5),
    "brier_score": 0.109375,
    "brier_score_lm_eval": 0.21875,
    "brier_score_big_bench": 0.21875 / 3,
}


@pytest.mark.parametrize("name", BY_HAND)
def test_the_question_worked_by_hand(name: str) -> None:
    assert column(frame(HAND), name) == [pytest.approx(BY_HAND[name], abs=1e-12)]


def test_every_choice_metric_is_worked_by_hand() -> None:
    assert {m.name for m in METRICS.values() if "gold" in m.needs and "__" not in m.name} == {*BY_HAND}


def test_lengths_decide_the_normalised_grades() -> None:
    assert column(frame(HAND | {"choice_n_tokens": [2, 1, 9]}), "multiple_choice_grade_per_token") == [0]
    # by characters the first wins (-2/4 against -2.1/3), by bytes the right one (-2.1/6 against -2/4)
    texts = frame({"choices": ["abcd", "日本"], "choice_logprobs": [-2.0, -2.1], "gold": 1})
    assert column(texts, "multiple_choice_grade_per_character") == [0]
    assert column(texts, "multiple_choice_grade_per_byte") == [1]


def test_two_questions_of_different_size() -> None:
    both = frame(HAND, SECOND)
    assert np.mean(column(both, "brier_score_lm_eval")) == pytest.approx(0.919375)  # type: ignore[arg-type]
    assert column(both, "brier_score_big_bench") == pytest.approx([0.21875 / 3, 0.81])
    assert column(both, "brier_score") == pytest.approx([0.109375, 0.81])


def test_the_first_of_equal_choices_counts() -> None:
    assert column(frame({"choice_logprobs": [-1, -1], "gold": 0}), "multiple_choice_grade") == [1]
    assert column(frame({"choice_logprobs": [-1, -1], "gold": 1}), "multiple_choice_grade") == [0]


UNUSABLE = {
    "gold outside": {"choice_logprobs": [-1.0, -2.0], "gold": 2},
    "gold negative": {"choice_logprobs": [-1.0, -2.0], "gold": -100},
    "NaN": {"choice_logprobs": [-1.0, math.nan], "gold": 0},
    "minus infinity": {"choice_logprobs": [-1.0, -math.inf], "gold": 0},
    "NULL inside": {"choice_logprobs": [-1.0, None], "gold": 0},
    "no choice": {"choice_logprobs": [], "gold": 0},
}


@pytest.mark.parametrize("name", UNUSABLE)
def test_what_cannot_be_compared_has_no_score_and_spoils_no_other(name: str) -> None:
    row = {"choices": ["a", "b"], "choice_n_tokens": [1, 1], "choice_unconditional_logprobs": [-1.0, -1.0]}
    mixed = frame(HAND, row | UNUSABLE[name], HAND)
    for metric, value in BY_HAND.items():
        assert column(mixed, metric) == [pytest.approx(value), None, pytest.approx(value)]


def test_a_normalised_grade_needs_a_length_for_every_choice() -> None:
    short = frame(HAND | {"choice_n_tokens": [1, 2]}, HAND | {"choice_n_tokens": [0, 1, 1]}, HAND)
    assert column(short, "multiple_choice_grade_per_token") == [None, None, 1]
    empty = frame(HAND | {"choices": ["", "a", "b"]}, HAND)
    assert column(empty, "multiple_choice_grade_per_character") == [None, 1]


def test_one_choice_leaves_no_margin() -> None:
    assert column(frame({"choice_logprobs": [-1.0], "gold": 0}), "choice_margin") == [None]
    assert column(frame({"choice_logprobs": [-1.0], "gold": 0}), "correct_choice_probability") == [1]


def test_huge_log_probabilities_do_not_overflow() -> None:
    far = frame({"choice_logprobs": [-5000.0, -5001.0], "gold": 0})
    assert column(far, "correct_choice_probability") == [pytest.approx(1 / (1 + math.exp(-1)))]


QUESTIONS = st.lists(st.floats(-50, 0), min_size=1, max_size=6).flatmap(
    lambda values: st.tuples(st.just(values), st.integers(0, len(values) - 1))
)


@settings(deadline=None)
@given(st.lists(QUESTIONS, min_size=1, max_size=8))
def test_equal_to_the_definitions_one_question_at_a_time(questions: list[tuple[list[float], int]]) -> None:
    samples = frame(*({"choice_logprobs": values, "gold": gold} for values, gold in questions))
    names = ["multiple_choice_grade", "correct_choice_probability", "brier_score", "brier_score_lm_eval"]
    scored = score_samples(samples, [*names, "brier_score_big_bench"]).frame
    for row, (values, gold) in zip(scored.to_dicts(), questions, strict=True):
        weights = np.exp(np.array(values) - max(values))
        p = weights / weights.sum()
        y = np.eye(len(values))[gold]
        assert row["multiple_choice_grade"] == float(np.argmax(values) == gold)
        assert row["correct_choice_probability"] == pytest.approx(p[gold])
        assert row["brier_score_lm_eval"] == pytest.approx(np.sum((p - y) ** 2), abs=1e-12)
        big_bench = np.mean(y * (1 - p) ** 2 + (1 - y) * p**2)
        assert row["brier_score_big_bench"] == pytest.approx(big_bench, abs=1e-12)
        assert row["brier_score"] == pytest.approx(np.sum((p - y) ** 2) / 2, abs=1e-12)


def test_the_chance_level_is_the_score_of_equal_probabilities() -> None:
    even = frame(*({"choice_logprobs": [-1.0] * size, "gold": gold} for size in (2, 3, 5) for gold in range(size)))
    sizes = choice_table(even).sizes.astype(float)
    for metric in METRICS.values():
        if metric.chance is None or metric.needs != ("choice_logprobs", "gold") or metric.kind == "discontinuous":
            continue
        assert column(even, metric.name) == pytest.approx(list(metric.chance(sizes))), metric.name
    # the first of equal choices counts: over all golds of a size, once in size
    grades = np.array(column(even, "multiple_choice_grade"), float)
    for size in (2, 3, 5):
        assert grades[sizes == size].mean() == pytest.approx(1 / size)


def test_chance_floors_average_over_the_questions_of_a_run() -> None:
    floors = choice_floors(frame(HAND, SECOND, SECOND | {"gold": None}), None)
    values = dict(floors.select("metric", "value").iter_rows())
    assert values["multiple_choice_grade"] == pytest.approx((1 / 3 + 1 / 2) / 2)
    assert values["brier_score"] == pytest.approx((1 / 3 + 1 / 4) / 2)
    assert values["choice_margin"] == 0
    assert floors["kind"].unique().to_list() == ["choices"]
    assert floors["n"].unique().to_list() == [2]
    assert "brier_score_lm_eval" not in values
    assert choice_floors(frame(HAND).drop("gold")).height == 0
