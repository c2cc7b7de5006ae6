"""Descriptions of a curve's shape, against hand-made values and scikit-free references."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from metrics.describe import (
    Ruler,
    breakthroughness,
    describe,
    draw_resamples,
    emergence_score,
    isotonic,
    linearity,
    resampled_curves,
    sharpest_gap,
    signed_range,
)

LINE = np.array([0.0, 0.25, 0.5, 0.75, 1.0])
CLIFF = np.array([0.0, 0.01, 0.02, 0.03, 1.0])


def test_a_straight_line_scores_its_number_of_gaps() -> None:
    assert emergence_score(LINE) == pytest.approx(4)
    assert linearity(LINE) == pytest.approx(4)
    assert emergence_score(-LINE) == pytest.approx(-4)


def test_a_cliff_scores_high_on_emergence_and_low_on_linearity() -> None:
    assert emergence_score(CLIFF) == pytest.approx(1 / 0.01)
    assert linearity(CLIFF) == pytest.approx(1 / np.sqrt((3 * 0.01**2 + 0.97**2) / 4))
    assert breakthroughness(CLIFF) == emergence_score(CLIFF)


def test_zero_steps_are_bounded_by_the_resolution() -> None:
    flat_then_up = np.array([0.0, 0.0, 0.0, 0.5])
    assert emergence_score(flat_then_up) == np.inf
    assert emergence_score(flat_then_up, resolution=0.002) == pytest.approx(250)
    assert emergence_score(np.zeros(4)) == 0


def pool_adjacent_violators(values: list[float]) -> list[float]:
    blocks: list[list[float]] = []
    for value in values:
        blocks.append([value, 1.0])
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (a, n), (b, m) = blocks[-2], blocks[-1]
            blocks[-2:] = [[(a * n + b * m) / (n + m), n + m]]
    return [mean for mean, count in blocks for _ in range(int(count))]


@given(arrays(float, st.integers(1, 12), elements=st.floats(-5, 5)))
def test_isotonic_equals_pool_adjacent_violators(values: np.ndarray) -> None:
    assert isotonic(values) == pytest.approx(np.array(pool_adjacent_violators(values.tolist())), abs=1e-9)


@given(arrays(float, st.integers(2, 12), elements=st.floats(-5, 5)))
def test_descriptions_are_signed_by_direction_and_free_of_the_unit(values: np.ndarray) -> None:
    assert signed_range(values[::-1]) == pytest.approx(-signed_range(values)) or len(set(values)) < len(values)
    if np.median(np.diff(values) ** 2) > 1e-6:
        assert emergence_score(3.0 * values) == pytest.approx(emergence_score(values))


def test_sharpest_gap_of_a_cliff_is_its_last() -> None:
    share, gap = sharpest_gap(CLIFF)
    assert share == pytest.approx(0.97)
    assert gap == 3


def two_seed_ladder() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two seeds that jump in different gaps: their mean looks gradual, neither seed is."""
    levels = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 1.0]]).ravel()
    scores = np.repeat(levels[:, None], 200, axis=1)
    return scores, np.array([0, 0, 1, 1, 2, 2]), np.array([0, 1, 0, 1, 0, 1])


def test_sharpness_is_read_on_seed_paths_not_on_their_mean() -> None:
    scores, scale_index, seeds = two_seed_ladder()
    draws = draw_resamples(scale_index, seeds, 200, 100, seed=1)
    curves = resampled_curves(scores[None], np.ones(200), draws)
    (shape,) = describe(np.array([[0.0, 0.5, 1.0]]), curves, [Ruler("share", 1)], n_items=200)
    assert shape.sharpness.value == 1.0
    assert sharpest_gap(np.array([0.0, 0.5, 1.0]))[0] == 0.5


def test_no_rise_is_not_placed() -> None:
    random = np.random.default_rng(0)
    scores = random.binomial(1, 0.3, (4, 300)).astype(float)
    index = np.arange(4)
    draws = draw_resamples(index, np.zeros(4, int), 300, 50, seed=1)
    curves = resampled_curves(scores[None], np.ones(300), draws)
    (shape,) = describe(scores.mean(1)[None], curves, [Ruler("share", 1)], n_items=300)
    assert shape.sharpness.value is None
    assert "no rise to place" in str(shape.reason)


def test_resamples_are_seeded() -> None:
    index, seeds = np.array([0, 0, 1]), np.array([0, 1, 0])
    one, two, other = (draw_resamples(index, seeds, 50, 20, seed=s) for s in (3, 3, 4))
    assert (one.weights == two.weights).all()
    assert (one.run == two.run).all()
    assert (one.weights != other.weights).any()
    assert (one.weights.sum(1) == 50).all()


def test_resampled_curves_of_several_metrics_equal_those_of_each() -> None:
    random = np.random.default_rng(5)
    one, two = random.random((3, 40)), random.random((3, 40))
    draws = draw_resamples(np.arange(3), np.zeros(3, int), 40, 10, seed=2)
    both = resampled_curves(np.array([one, two]), np.ones(40), draws)
    for values, found in zip((one, two), both, strict=True):
        by_hand = [[row @ weights / weights.sum() for row in values] for weights in draws.weights]
        assert found == pytest.approx(np.array(by_hand))
