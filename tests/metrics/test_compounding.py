from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy import stats
from scipy.special import expit

from metrics.answer_maps import PooledMaps, answer_sd_of, mean_power
from metrics.compounding import compound, pooled_structure
from metrics.constants import Constants
from metrics.ladder_data import ladder_data


def simulate(answer_sd: float, n: int = 40_000, length: int = 5, centres=(-0.5, 0.5, 1.5, 2.5), seed: int = 0):
    """Answers whose tokens share a normal shift of the logit."""
    rng = np.random.default_rng(seed)
    shift = answer_sd * rng.normal(size=(len(centres), n))
    lengths = rng.integers(length - 1, length + 2, n)
    right = rng.binomial(lengths, expit(np.array(centres)[:, None] + shift))
    return ladder_data(np.arange(4.0), right, lengths, right == lengths)


@pytest.mark.parametrize("answer_sd", [0.0, 0.7, 1.5, 3.0])
def test_the_structure_is_recovered(answer_sd):
    errors = pooled_structure(simulate(answer_sd), Constants())
    # near zero the spread is the root of a noisy variance
    np.testing.assert_allclose(errors.answer_sd, answer_sd, atol=0.12 if answer_sd else 0.35)


@pytest.mark.parametrize("answer_sd", [0.0, 0.7, 1.5, 3.0])
def test_the_maps_reproduce_exact_match(answer_sd):
    data = simulate(answer_sd)
    observed = data.exact_match.mean(1)
    errors = pooled_structure(data, Constants())
    np.testing.assert_allclose(errors.maps.from_answer_sd(errors.answer_sd), observed, atol=0.01)
    np.testing.assert_allclose(errors.maps.from_correlation(errors.correlation), observed, atol=0.04)
    found = compound(errors, observed, np.full(4, 0.0025), Constants())
    assert found.own_miss.max() < 0
    assert found.constant_miss.max() < 0


def test_a_change_of_structure_misses_with_one_structure_for_all():
    loose, tight = simulate(0.0, n=2000), simulate(4.0, n=2000, seed=1)
    correct = np.vstack([loose.correct[:2], tight.correct[2:]])
    lengths = np.full(2000, 5.0)
    correct = np.minimum(correct, lengths)
    data = ladder_data(np.arange(4.0), correct, lengths, correct == lengths)
    observed = data.exact_match.mean(1)
    found = compound(pooled_structure(data, Constants()), observed, np.full(4, 0.01), Constants())
    assert found.constant_miss.max() > 0


def test_the_beta_binomial_map_equals_scipy():
    accuracy, correlation = np.array([0.3, 0.8]), np.array([0.2, 0.5])
    maps = PooledMaps(accuracy, np.array([1.0, 4.0]), np.array([0.25, 0.75]))
    total = (1 - correlation) / correlation
    theirs = [
        0.25 * stats.betabinom(1, a * t, (1 - a) * t).pmf(1) + 0.75 * stats.betabinom(4, a * t, (1 - a) * t).pmf(4)
        for a, t in zip(accuracy, total, strict=True)
    ]
    np.testing.assert_allclose(maps.from_correlation(correlation), theirs, rtol=1e-10)


def test_no_clustering_is_independence():
    maps = PooledMaps(np.array([0.5, 0.9]), np.array([2.0, 7.0]), np.array([0.5, 0.5]))
    for predicted in (maps.from_answer_sd(np.zeros(2)), maps.from_correlation(np.zeros(2))):
        np.testing.assert_allclose(predicted, maps.independent(), atol=2e-3)


def test_more_clustering_gives_more_exact_answers():
    maps = PooledMaps(np.full(9, 0.6), np.array([3.0, 6.0]), np.array([0.5, 0.5]))
    for predicted in (maps.from_answer_sd(np.linspace(0, 8, 9)), maps.from_correlation(np.linspace(0, 0.99, 9))):
        assert all(later > earlier for earlier, later in pairwise(predicted))
        assert predicted.max() <= 0.6 + 1e-9


def test_answer_sd_inverts_the_correlation():
    accuracy = np.full(5, 0.7)
    answer_sd, slope = answer_sd_of(accuracy, np.array([0.0, 0.1, 0.3, 0.6, 0.9]))
    assert (np.diff(answer_sd) > 0).all()
    assert answer_sd[0] == 0
    assert ((slope >= 0.5) & (slope <= 12)).all()


def test_mean_power_is_the_plain_sum():
    rng = np.random.default_rng(3)
    base, length, share = rng.random((4, 5)), np.array([0.0, 1.0, 4.0, 90.0]), np.full(4, 0.25)
    plain = sum(s * base**n for n, s in zip(length, share, strict=True))
    np.testing.assert_allclose(mean_power(base, length, share), plain, rtol=1e-12)


def test_persistent_difficulty_is_not_a_burst():
    """Easy and hard items raise the correlation at every scale, but leave the burst part near zero."""
    rng = np.random.default_rng(4)
    n, lengths = 20_000, np.full(20_000, 5)
    difficulty = np.where(rng.random(n) < 0.5, 2.0, -2.0)
    right = rng.binomial(lengths, expit(np.linspace(-0.3, 0.3, 4)[:, None] + difficulty))
    errors = pooled_structure(ladder_data(np.arange(4.0), right, lengths, right == lengths), Constants())
    assert errors.correlation.min() > 0.3
    np.testing.assert_allclose(errors.burst, 0, atol=0.02)
