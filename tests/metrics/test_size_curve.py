from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from metrics.size_curve import Ratios, ratio_curve


def answers(seed: int, n: int = 200, runs: int = 3) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    lengths = rng.integers(2, 7, n)
    chance = expit(rng.normal(size=n) + np.arange(runs)[:, None] - 1)
    return rng.binomial(lengths, chance).astype(float), lengths.astype(float)


def test_clustered_covariance_equals_statsmodels():
    """A ratio of sums is the weighted mean of the shares; its clustered variance is that of WLS on a constant."""
    right, lengths = answers(1)
    cluster = np.random.default_rng(2).integers(0, 30, right.shape[1])
    curve = ratio_curve(right, lengths, cluster)
    total = lengths.sum()
    for run, row in enumerate(right):
        fit = sm.WLS(row / lengths, np.ones(len(row)), weights=lengths).fit(
            cov_type="cluster", cov_kwds={"groups": cluster, "use_correction": False}
        )
        groups = 30
        # ours adds half a right token, and the G / (G - 1) factor
        assert curve.level[run] == pytest.approx(fit.params[0], abs=1 / total)
        ours = curve.covariance[run, run] * (groups - 1) / groups
        assert ours == pytest.approx(fit.cov_params()[0, 0], rel=2e-3)


def test_paired_difference_equals_the_robust_regression_of_differences():
    right, lengths = answers(3)
    curve = ratio_curve(right, lengths)
    covariance = curve.covariance
    n = len(lengths)
    difference = (right[2] - right[0]) / lengths
    fit = sm.WLS(difference, np.ones(n), weights=lengths).fit(cov_type="HC0")
    ours = covariance[2, 2] + covariance[0, 0] - 2 * covariance[0, 2]
    assert ours * (n - 1) / n == pytest.approx(fit.cov_params()[0, 0], rel=2e-3)


def test_unclustered_covariance_equals_clusters_of_one():
    right, lengths = answers(4)
    alone = ratio_curve(right, lengths, np.arange(right.shape[1]))
    np.testing.assert_allclose(ratio_curve(right, lengths).covariance, alone.covariance)


@given(st.integers(0, 2**32 - 1), st.integers(2, 5))
@settings(max_examples=25, deadline=None)
def test_copies_of_items_tell_nothing_new_when_clustered(seed, copies):
    right, lengths = answers(seed, n=60)
    cluster = np.arange(60)
    once = ratio_curve(right, lengths, cluster)
    more = ratio_curve(np.repeat(right, copies, 1), np.repeat(lengths, copies), np.repeat(cluster, copies))
    # half a token is added once either way
    np.testing.assert_allclose(more.level, once.level, atol=1 / lengths.sum())
    np.testing.assert_allclose(more.se, once.se, rtol=0.02)


def test_a_run_without_a_right_token_keeps_a_standard_error():
    right, lengths = answers(5)
    right[0] = 0
    curve = ratio_curve(right, lengths)
    assert curve.level[0] > 0
    assert curve.logit_se[0] > 1.0
    assert np.linalg.eigvalsh(curve.logit_covariance).min() > 0


def test_interval_covers_the_truth():
    """95 % intervals over items cover the true token accuracy in about 95 of 100 draws."""
    rng = np.random.default_rng(6)
    lengths = rng.integers(1, 6, 150)
    covered = 0
    for _ in range(300):
        chance = rng.beta(2, 3, 150)
        right = rng.binomial(lengths, chance)[None].astype(float)
        curve = ratio_curve(right, lengths.astype(float))
        covered += abs(curve.level[0] - 0.4) < 1.96 * curve.se[0]
    assert 270 <= covered <= 297


def test_runs_cut_out_of_ratios_give_the_curve_of_their_numbers_alone():
    rng = np.random.default_rng(3)
    lengths = rng.integers(2, 6, 80)
    correct = rng.binomial(lengths, np.array([0.001, 0.1, 0.5, 0.9, 1.0])[:, None])
    cluster = np.arange(80) // 4
    some = np.array([True, False, True, True, False])
    cut = Ratios.of(correct, lengths, cluster).curve(some)
    alone = ratio_curve(correct[some], lengths, cluster)
    np.testing.assert_allclose(cut.level, alone.level)
    np.testing.assert_allclose(cut.logit_covariance, alone.logit_covariance, rtol=1e-9)
