"""Thresholds, chance correction and metrics on extracted answers, by their names."""

from __future__ import annotations

import math

import pytest

from metrics.contract import check_metric
from metrics.derived import correct_for_chance
from metrics.registry import METRICS, MetricError, find
from metrics.scores import score_samples
from tests.metrics.samples import samples
from tests.metrics.test_choice import HAND, SECOND, frame

ROWS = samples(("7857", ["7857"]), ("7858", ["7857"]), ("78", ["7857"]), ("", ["7857"]))
DERIVED = [
    "token_edit_similarity_char__at_least_0_75",
    "token_edit_distance_char__at_most_1",
    "target_log_likelihood__at_least_minus_0_5",
    "brier_score__at_most_0_1",
    "correct_choice_probability__at_least_0_5",
    "correct_choice_probability__above_chance",
    "brier_score__above_chance",
    "brier_score_lm_eval__above_chance",
    "chrf__flexible_number",
    "chrf__flexible_number__at_least_0_5",
    "token_f1__letter",
    "positional_accuracy_char__logged",
]


@pytest.mark.parametrize("name", DERIVED)
def test_derived_metrics_keep_the_contract(name: str) -> None:
    declared = find(name)
    assert METRICS[name] is declared
    assert not declared.default
    assert declared.version > 1000
    assert check_metric(declared) == ()


def column(name: str) -> list[float | None]:
    return score_samples(ROWS, [name]).frame[name].to_list()


def test_a_threshold_is_passed_at_its_value() -> None:
    assert column("token_edit_similarity_char") == [1, 0.75, 0.5, 0]
    assert column("token_edit_similarity_char__at_least_0_75") == [1, 1, 0, 0]
    assert column("token_edit_similarity_char__at_least_0_76") == [1, 0, 0, 0]
    assert column("token_edit_distance_char__at_most_2") == [1, 1, 1, 0]


NOT_THRESHOLDS = {
    "exact_match__at_least_0_5": "only a smooth metric",
    "target_length_char__at_least_2": "only a smooth metric",
    "token_edit_similarity_char__at_most_0_5": "use at_least",
    "brier_score__at_least_0_5": "use at_most",
    "token_edit_similarity_char__at_least_0": "outside 0",
    "token_edit_similarity_char__at_least_1_5": "outside 0",
    "token_edit_distance_char__at_most_minus_1": "outside None",
    "exact_match__above_chance": "no chance level",
    "choice_margin__above_chance": "no best value",
    "multiple_choice_grade__letter": "does not compare output with targets",
}


@pytest.mark.parametrize("name", NOT_THRESHOLDS)
def test_what_cannot_be_derived_says_why(name: str) -> None:
    with pytest.raises(MetricError, match=NOT_THRESHOLDS[name]):
        find(name)
    assert name not in METRICS


def test_above_chance_by_hand() -> None:
    both = frame(HAND, SECOND, {"choice_logprobs": [-1.0], "gold": 0}, {"choice_logprobs": [math.nan], "gold": 0})

    def values(name: str) -> list[float | None]:
        return score_samples(both, [name]).frame[name].to_list()

    # 5/8 of three choices: (5/8 - 1/3) / (2/3) = 7/16; 1/10 of two: (1/10 - 1/2) / (1/2) = -0.8; one choice: no room
    assert values("correct_choice_probability__above_chance") == [
        pytest.approx(7 / 16),
        pytest.approx(-0.8),
        None,
        None,
    ]
    assert values("multiple_choice_grade__above_chance") == [pytest.approx(1), pytest.approx(-1), None, None]
    # 7/64 where guessing has 1/3: (7/64 - 1/3) / (0 - 1/3)
    assert values("brier_score__above_chance")[0] == pytest.approx(1 - 21 / 64)


def test_a_mean_is_corrected_by_its_floor() -> None:
    assert correct_for_chance(0.625, 0.25, 1.0) == pytest.approx(0.5)
    assert correct_for_chance(0.2, 0.5, 0.0) == pytest.approx(0.6)
    assert correct_for_chance(None, 0.25, 1.0) is None
    assert correct_for_chance(0.5, None, 1.0) is None
    assert correct_for_chance(0.5, 1.0, 1.0) is None


def test_a_named_chance_level_is_taken_off() -> None:
    rows = samples(("ab", ["ab"]), ("xy", ["ab"]), (None, ["ab"]))
    found = score_samples(rows, ["exact_match__above_0_25", "token_edit_similarity_char__above_0_5"]).frame
    assert found["exact_match__above_0_25"].to_list() == [1.0, pytest.approx(-1 / 3), None]
    assert found["token_edit_similarity_char__above_0_5"].to_list() == [1.0, -1.0, None]
    declared = find("exact_match__above_0_25")
    assert (declared.low, declared.high, declared.unit) == (pytest.approx(-1 / 3), 1, "share")
    assert check_metric(declared) == ()
    assert check_metric(find("brier_score__above_0_375")) == ()


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("token_edit_distance_char__above_0", "chance 0 must lie from anywhere to below the best, 0"),
        ("exact_match__above_1", "chance 1 must lie from 0"),
        ("exact_match__above_1_5", "chance 1.5 must lie from 0"),
        ("brier_score__above_0", "chance 0 must lie from 1"),
        ("target_length_char__above_1", "has no best value"),
        ("choice_margin__above_1", "has no best value"),
    ],
)
def test_a_level_that_is_none_is_refused(name: str, words: str) -> None:
    with pytest.raises(MetricError, match=words):
        find(name)
