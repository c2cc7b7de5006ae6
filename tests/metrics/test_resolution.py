from __future__ import annotations

import pytest
from scipy import stats

from metrics.resolution import resolution


def test_the_bound_is_clopper_pearson():
    assert resolution(0, 500, None).upper == pytest.approx(1 - 0.05 ** (1 / 500))
    assert resolution(3, 500, None).upper == pytest.approx(stats.beta.ppf(0.95, 4, 497))


def test_no_trials_bound_nothing():
    assert resolution(0, 0, 0.1).upper == 1.0


@pytest.mark.parametrize("rate", [0.5, 0.01, 1e-6])
def test_items_needed_give_the_chance_they_promise(rate):
    n = resolution(0, 100, rate).n_needed
    assert n is not None
    assert 1 - (1 - rate) ** n >= 0.95 - 1e-9
    assert 1 - (1 - rate) ** (n - 1) < 0.95


def test_certain_success_needs_one_item():
    assert resolution(5, 5, 1.0).n_needed == 1


@pytest.mark.parametrize("rate", [None, 0.0, float("nan")])
def test_without_a_prediction_nothing_is_promised(rate):
    assert resolution(0, 100, rate).n_needed is None
