from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from metrics.structure import _RUN_SD_RATIOS, moderated_trend


def test_one_spread_equals_statsmodels_wls():
    rng = np.random.default_rng(1)
    x, se = np.linspace(0, 3, 8), rng.uniform(0.02, 0.2, 8)
    y = 0.2 * x + rng.normal(0, 0.1, 8)
    trend = moderated_trend(x, y, se, 0.06, 4.0)
    assert trend is not None
    for component, ratio in enumerate(_RUN_SD_RATIOS):
        weights = 1 / (se**2 + (0.06 * ratio) ** 2)
        fit = sm.WLS(y, sm.add_constant(x), weights=weights).fit()
        assert trend.posterior.mean[0, component] == pytest.approx(fit.params[1], rel=1e-6)
        variance = trend.posterior.sd[0, component] ** 2
        assert variance == pytest.approx(fit.normalized_cov_params[1, 1], rel=1e-6)


def test_runs_without_a_standard_error_are_left_out():
    x, y, se = np.arange(6.0), np.arange(6.0), np.full(6, 0.1)
    y[2], se[2] = 100.0, np.inf
    trend = moderated_trend(x, y, se, 0.1, 4.0)
    assert trend is not None
    assert trend.slope == pytest.approx(1.0, abs=1e-3)
    assert not trend.used[2]


def test_too_few_runs_give_no_trend():
    assert moderated_trend(np.arange(3.0), np.arange(3.0), np.full(3, 0.1), 0.1, 4.0) is None


def test_rises_and_falls_agree_with_the_quantiles():
    rng = np.random.default_rng(2)
    x, se = np.linspace(0, 3, 7), np.full(7, 0.1)
    for _ in range(40):
        trend = moderated_trend(x, rng.uniform(-0.3, 0.3) * x + rng.normal(0, 0.15, 7), se, 0.1, 4.0)
        assert trend is not None
        assert trend.rises(0.05) == (trend.quantile(0.05) > 0)
        assert trend.falls(0.05) == (trend.quantile(0.95) < 0)
        assert trend.steepest(0.05) >= abs(trend.slope)
