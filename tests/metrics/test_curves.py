"""Curves with intervals against statsmodels and simulation."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from metrics.curves import Limits, cluster_sums, curve

SHARE = Limits(0, 1)


def test_one_run_standard_error_is_the_textbook_one() -> None:
    values = np.random.default_rng(0).random((1, 200))
    found = curve(*cluster_sums(values, None), np.array([0]), SHARE)
    assert found.run_value[0] == pytest.approx(values.mean())
    assert found.run_se[0] == pytest.approx(values.std(ddof=1) / np.sqrt(200))


def test_clustered_standard_error_equals_statsmodels() -> None:
    random = np.random.default_rng(1)
    cluster = random.integers(0, 30, 240)
    values = (random.random(30)[cluster] + random.random(240))[None] / 2
    found = curve(*cluster_sums(values, cluster), np.array([0]), Limits(None, None))
    fitted = sm.OLS(values[0], np.ones(240)).fit(
        cov_type="cluster", cov_kwds={"groups": cluster, "df_correction": False, "use_correction": False}
    )
    assert found.run_se[0] == pytest.approx(fitted.bse[0] * np.sqrt(30 / 29))


def test_paired_change_is_tighter_than_unpaired() -> None:
    random = np.random.default_rng(2)
    difficulty = random.normal(0, 1, 400)
    values = np.stack([difficulty, difficulty + 0.1]) + random.normal(0, 0.1, (2, 400))
    found = curve(*cluster_sums(values, None), np.array([0, 1]), Limits(None, None))
    paired_se = np.diff(values, axis=0).std(ddof=1) / np.sqrt(400)
    assert found.change[0] == pytest.approx(np.diff(values.mean(1))[0])
    assert found.change_high[0] - found.change[0] == pytest.approx(1.966 * paired_se, rel=0.01)


def test_all_wrong_keeps_a_wilson_width() -> None:
    found = curve(np.zeros((2, 500)), np.ones(500), np.array([0, 1]), SHARE)
    assert found.low.tolist() == [0, 0]
    assert found.high == pytest.approx(np.full(2, 3.8415 / (500 + 3.8415)), rel=1e-3)


def test_spread_between_runs_widens_the_interval() -> None:
    random = np.random.default_rng(3)
    level = np.array([0.2, 0.5, 0.8, 0.2, 0.21, 0.19])
    values = (random.random((6, 1000)) < level[:, None]).astype(float)
    apart = curve(values, np.ones(1000), np.array([0, 0, 0, 1, 1, 1]), SHARE)
    assert apart.value == pytest.approx([values[:3].mean(), values[3:].mean()])
    assert apart.high[0] - apart.low[0] > 0.3
    assert apart.n_runs.tolist() == [3, 3]


def test_intervals_cover_at_their_level() -> None:
    """Three runs a scale, items shared, run effects drawn anew: 95 % limits cover the mean in 92 to 98.5 %."""
    random = np.random.default_rng(4)
    index = np.repeat(np.arange(5), 3)
    truth = np.linspace(0.2, 0.8, 5)
    hits = []
    for _ in range(300):
        item = random.normal(0, 0.5, 200)
        run = random.normal(0, 0.05, 15)
        values = truth[index, None] + run[:, None] + item[None] * 0.2 + random.normal(0, 0.2, (15, 200))
        found = curve(values, np.ones(200), index, Limits(None, None))
        hits.append((found.low <= truth) & (truth <= found.high))
    assert 0.92 < np.mean(hits) < 0.985
