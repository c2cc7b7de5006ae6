from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import statsmodels.api as sm
from scipy.special import expit

from metrics.constants import Constants
from metrics.scan import scan_jumps, scan_onset, smooth_families
from metrics.size_curve import ratio_curve

X = np.linspace(5, 8, 9)
GAPS = np.arange(8)
ALL = ("F1", "F2", "F3", "F4")


def curve_of(logits: np.ndarray, n: int = 4000, seed: int = 0):
    rng = np.random.default_rng(seed)
    return ratio_curve((rng.random((len(logits), n)) < expit(logits)[:, None]).astype(float), np.ones(n))


def test_one_component_equals_statsmodels_gls():
    """One value of the run spread, F1: the jump is a GLS coefficient up to its weak priors."""
    curve = curve_of(-1 + 0.8 * (X - 6) + 2.0 * (X > 6.4))
    constants = replace(Constants(), run_sd_grid=(0.1,))
    scan = scan_jumps(X, curve, GAPS, smooth_families(X, ("F1",), constants), constants)
    sigma = curve.logit_covariance + 0.01 * np.eye(9)
    for gap in GAPS:
        design = np.column_stack([np.ones(9), X - X.mean(), np.where(GAPS.size and np.arange(9) > gap, 0.5, -0.5)])
        # the priors enter as three more observations
        prior = np.diag([25.0, 16.0, 9.0])
        rows = np.vstack([design, np.eye(3)])
        wide = np.block([[sigma, np.zeros((9, 3))], [np.zeros((3, 9)), prior]])
        fit = sm.GLS(np.append(curve.logit, np.zeros(3)), rows, sigma=wide).fit()
        jump = scan.families["F1"].jump
        assert jump.mean[gap, 0] == pytest.approx(fit.params[2], abs=1e-8)
        assert jump.sd[gap, 0] ** 2 == pytest.approx(fit.normalized_cov_params[2, 2], rel=1e-8)


def test_a_step_is_found_where_it_is():
    curve = curve_of(-1 + 0.3 * (X - 6) + 3.0 * (X[4] + 0.1 < X))
    constants = Constants()
    scan = scan_jumps(X, curve, GAPS, smooth_families(X, ALL, constants), constants)
    for family in scan.families.values():
        assert int(np.argmax(family.log_evidence)) == 4
    median = scan.average(("F1", "F2", "F3")).quantile(0.5)[4]
    assert median == pytest.approx(3.0, abs=0.6)
    assert scan.tail(("F2", "F3"), 4, 0.3) < 0.01


def test_a_smooth_curve_leaves_no_large_jump():
    curve = curve_of(0.9 * (X - 6.5))
    constants = Constants()
    scan = scan_jumps(X, curve, GAPS, smooth_families(X, ALL, constants), constants)
    inner = scan.average(("F1", "F3")).quantile(0.95)[1:-1]
    assert inner.max() < 1.0
    assert scan.tail(("F2", "F3"), 4, 0.3) > 0.2


def test_adding_a_constant_to_x_changes_nothing():
    curve, constants = curve_of(0.9 * (X - 6.5)), Constants()
    here = scan_jumps(X, curve, GAPS, smooth_families(X, ALL, constants), constants)
    there = scan_jumps(X + 4.0, curve, GAPS, smooth_families(X + 4.0, ALL, constants), constants)
    for name in here.families:
        left, right = here.families[name], there.families[name]
        np.testing.assert_allclose(left.jump.mean, right.jump.mean, atol=1e-7)
        np.testing.assert_allclose(left.log_evidence, right.log_evidence, atol=1e-6)


def test_a_bend_is_found():
    curve = curve_of(-2 + 4.0 * np.clip(X - X[5], 0, None))
    onset = scan_onset(X, curve, X[1:-2], (X, curve.logit), Constants())
    assert onset.shown
    assert abs(onset.x - X[5]) < 0.5
    assert onset.change == pytest.approx(4.0, abs=1.0)


def test_a_straight_line_has_no_bend():
    curve = curve_of(1.2 * (X - 6.5))
    assert not scan_onset(X, curve, X[1:-2], (X, curve.logit), Constants()).shown


def test_more_run_noise_widens_the_jump():
    quiet, noisy = replace(Constants(), prior_run_sd=0.05), replace(Constants(), prior_run_sd=0.5)
    curve = curve_of(0.9 * (X - 6.5))
    widths = [
        np.ptp(
            [
                scan_jumps(X, curve, GAPS, smooth_families(X, ALL, c), c).average(("F1",)).quantile(p)[4]
                for p in (0.05, 0.95)
            ]
        )
        for c in (quiet, noisy)
    ]
    assert widths[1] > 1.5 * widths[0]
