"""The sweep: its ends are the metrics that are known, and sharper settings look more emergent where they must."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from metrics.describe import Resamples, draw_resamples, emergence_score, sharpest_gap
from metrics.knob import KNOBS, NO_INTERVAL, KnobError, KnobSetting, turn_the_knob

LENGTH = 10
ACCURACY = np.linspace(0.1, 0.95, 8)


def ladder(n_items: int = 400) -> dict[str, Any]:
    random = np.random.default_rng(11)
    accuracy = np.repeat(ACCURACY, 2)
    correct = random.binomial(LENGTH, accuracy[:, None], (len(accuracy), n_items)).astype(float)
    return {
        "scale_index": np.repeat(np.arange(8), 2),
        "correct_tokens": correct,
        "target_lengths": np.full(n_items, float(LENGTH)),
        "exact_match": (correct == LENGTH).astype(float),
    }


def by_knob(rows: tuple[KnobSetting, ...], knob: str) -> dict[float, KnobSetting]:
    return {row.setting: row for row in rows if row.knob == knob}


def test_all_knobs_are_swept_in_order() -> None:
    rows = turn_the_knob(**ladder())
    assert list(dict.fromkeys(row.knob for row in rows)) == list(KNOBS)
    assert all(len(row.value) == 8 for row in rows)


def test_the_last_setting_is_exact_match() -> None:
    data = ladder()
    exact = data["exact_match"].reshape(8, -1).mean(1)
    rows = turn_the_knob(**data)
    assert by_knob(rows, "tokens_required")[1.0].value == pytest.approx(exact)
    assert by_knob(rows, "threshold")[1.0].value == pytest.approx(exact)
    assert by_knob(rows, "answer_length")[LENGTH].value == pytest.approx(exact)


def test_k_of_l_by_hand() -> None:
    rows = turn_the_knob(
        np.array([0, 1]),
        np.array([[0.0, 2.0, 3.0], [7.0, 2.0, 5.0]]),
        np.array([10.0, 3.0, 5.0]),
        np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 1.0]]),
        token_shares=(0.6, 0.7),
        thresholds=(0.6,),
        compounded_lengths=(1, 2),
    )
    # 0.6: 6 of 10, 2 of 3 and 3 of 5 are required; 0.7: 7 of 10, 3 of 3 and 4 of 5
    assert by_knob(rows, "tokens_required")[0.6].value == pytest.approx((2 / 3, 1))
    assert by_knob(rows, "tokens_required")[0.7].value == pytest.approx((0, 2 / 3))
    assert by_knob(rows, "threshold")[0.6].value == pytest.approx((2 / 3, 1))
    assert by_knob(rows, "compounded_length")[2].value == pytest.approx(((5 / 18) ** 2, (14 / 18) ** 2))
    assert by_knob(rows, "answer_length")[5].value == (0, 1)


def test_a_sharper_metric_looks_more_emergent_on_the_same_outputs() -> None:
    rows = turn_the_knob(**ladder())
    for knob in ("tokens_required", "compounded_length"):
        scores = [row.emergence_score for row in by_knob(rows, knob).values() if row.rise > 0.3]
        assert scores[-1] > 2 * scores[0]
    linear = by_knob(rows, "compounded_length")[1]
    # token accuracy rises in seven nearly equal steps
    assert linear.emergence_score == pytest.approx(7, abs=0.5)
    assert linear.linearity == pytest.approx(7, abs=0.5)


def test_another_smooth_score_can_carry_the_threshold() -> None:
    data = ladder(50)
    score = data["correct_tokens"] / LENGTH / 2
    rows = by_knob(turn_the_knob(**data, smooth_score=score), "threshold")
    exact = by_knob(turn_the_knob(**data), "threshold")[1.0].value
    assert by_knob(turn_the_knob(**data, smooth_score=score, thresholds=(0.5,)), "threshold")[
        0.5
    ].value == pytest.approx(exact)
    assert rows[0.6].rise == 0
    assert rows[0.6].sharpness is None
    assert rows[0.6].emergence_score == 0


def test_items_without_a_token_do_not_count() -> None:
    data = ladder(20)
    data["target_lengths"][:5] = 0
    rows = turn_the_knob(**data)
    assert {row.n_items for row in rows} == {15}


BROKEN = {
    "shape": ({"exact_match": np.zeros((3, 3))}, "exact_match: shape"),
    "one scale": ({"scale_index": np.zeros(16, int)}, "scale_index"),
    "hole": ({"scale_index": np.repeat([0, 2], 8)}, "without a hole"),
    "share": ({"token_shares": (0.0,)}, "token_shares"),
    "threshold": ({"thresholds": (1.1,)}, "thresholds"),
    "length": ({"compounded_lengths": (0,)}, "compounded_lengths"),
    "NaN": ({"smooth_score": np.full((16, 400), np.nan)}, "smooth_score: holds NaN"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_does_not_fit_is_named(name: str) -> None:
    changes, words = BROKEN[name]
    with pytest.raises(KnobError, match=words):
        turn_the_knob(**(ladder() | changes))


def test_no_item_is_said() -> None:
    with pytest.raises(KnobError, match="no item"):
        turn_the_knob(np.array([0, 1]), np.zeros((2, 0)), np.zeros(0), np.zeros((2, 0)))


def test_intervals_are_those_of_resampled_items_and_runs() -> None:
    data = ladder(60)
    draws = draw_resamples(data["scale_index"], np.tile([0, 1], 8), 60, 200, 3)
    rows = turn_the_knob(**data, draws=draws, compounded_lengths=(4,))
    assert turn_the_knob(**data, compounded_lengths=(4,)) == tuple(
        replace(
            row,
            value_interval=(),
            sharpness_interval=NO_INTERVAL,
            emergence_interval=NO_INTERVAL,
            linearity_interval=NO_INTERVAL,
        )
        for row in rows
    )
    exact, tokens = data["exact_match"], data["correct_tokens"] / LENGTH
    for found, values, power in (
        (by_knob(rows, "tokens_required")[1.0], exact, 1),
        (by_knob(rows, "compounded_length")[4], tokens, 4),
    ):
        curves = np.array(
            [
                [(values[run] @ w / 60) ** power for run in runs]
                for w, runs in zip(draws.weights, draws.run, strict=True)
            ]
        )
        limits = np.quantile(curves, [0.025, 0.975], axis=0).T
        assert np.array([(i.low, i.high) for i in found.value_interval]) == pytest.approx(limits, abs=1e-6)
        scores = [emergence_score(curve, 1 / 60) for curve in curves]
        assert (found.emergence_interval.low, found.emergence_interval.high) == pytest.approx(
            tuple(np.quantile(scores, [0.025, 0.975])), rel=1e-4
        )
        shares = [sharpest_gap(curve)[0] for curve in curves]
        assert (found.sharpness_interval.low, found.sharpness_interval.high) == pytest.approx(
            tuple(np.quantile(shares, [0.025, 0.975])), rel=1e-4
        )


def test_a_length_that_a_resample_misses_keeps_its_value() -> None:
    data = ladder(30)
    data["target_lengths"] = np.array([float(LENGTH)] * 29 + [12.0])
    weights = np.tile(np.append(np.ones(29), 0.0), (5, 1))
    draws = Resamples(weights, np.tile(np.arange(0, 16, 2), (5, 1)))
    found = by_knob(turn_the_knob(**data, draws=draws), "answer_length")[12]
    assert [interval.low for interval in found.value_interval] == [float(x) for x in data["exact_match"][::2, 29]]
