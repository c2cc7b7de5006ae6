from __future__ import annotations

import numpy as np
import pytest
from scipy.special import expit

from metrics.compounding import pooled_structure
from metrics.constants import Constants
from metrics.ladder_data import ladder_data
from metrics.position_maps import classed_structure

ACCURACY_LOGITS = np.array([2.5, 0.0, 1.0, -0.5])
SHIFT = np.linspace(-0.5, 1.5, 4)
CONSTANTS = Constants()


def lengths_and_classes(n: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    lengths = rng.integers(2, 5, n)
    position = np.arange(4)
    return lengths, np.where(position < lengths[:, None], position, -1)


def normal_answers(answer_sd: float, n: int = 30_000, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Flags whose answers shift all logits by one normal draw; positions differ in difficulty."""
    rng = np.random.default_rng(seed)
    _, classes = lengths_and_classes(n, rng)
    logits = SHIFT[:, None, None] + ACCURACY_LOGITS + answer_sd * rng.normal(size=(4, n, 1))
    flags = rng.random((4, n, 4)) < expit(logits)
    return np.where(classes >= 0, flags, -1).astype(int), classes


def exact_match(flags: np.ndarray) -> np.ndarray:
    return (flags != 0).all(2).mean(1)


@pytest.mark.parametrize("answer_sd", [0.0, 1.0, 2.5])
def test_the_logit_normal_map_recovers_its_own_truth(answer_sd):
    flags, classes = normal_answers(answer_sd)
    errors = classed_structure(flags, classes, None, CONSTANTS)
    np.testing.assert_allclose(errors.answer_sd, answer_sd, atol=0.12 if answer_sd else 0.4)
    np.testing.assert_allclose(errors.maps.from_answer_sd(errors.answer_sd), exact_match(flags), atol=0.01)


@pytest.mark.parametrize("theta", [0.3, 1.8])
def test_the_frailty_map_recovers_its_own_truth(theta):
    """Tokens that survive a gamma frailty: P(all right) = (1 + sum of hazards)^(-1/theta)."""
    rng = np.random.default_rng(1)
    n = 40_000
    _, classes = lengths_and_classes(n, rng)
    accuracy = expit(SHIFT[:, None] + ACCURACY_LOGITS)
    hazard = np.expm1(-theta * np.log(accuracy)) / theta
    frailty = rng.gamma(1 / theta, theta, (4, n, 1))
    flags = rng.random((4, n, 4)) < np.exp(-frailty * hazard[:, None, :])
    flags = np.where(classes >= 0, flags, -1).astype(int)
    errors = classed_structure(flags, classes, None, CONSTANTS)
    predicted = errors.maps.from_correlation(errors.correlation)
    np.testing.assert_allclose(predicted, exact_match(flags), atol=0.01)


def test_unequal_positions_do_not_look_like_clustering():
    """Independent tokens of unequal positions: no correlation by class, a biased one when they are pooled."""
    flags, classes = normal_answers(0.0)
    by_class = classed_structure(flags, classes, None, CONSTANTS)
    assert by_class.correlation.max() < 0.02
    right = (flags > 0).sum(2)
    lengths = (classes >= 0).sum(1)
    data = ladder_data(np.arange(4.0), right, lengths, right == lengths)
    pooled = pooled_structure(data, CONSTANTS)
    predicted = pooled.maps.from_answer_sd(pooled.answer_sd)
    assert np.abs(predicted - exact_match(flags)).max() > 0.02
    by_class_predicted = by_class.maps.from_answer_sd(by_class.answer_sd)
    assert np.abs(by_class_predicted - exact_match(flags)).max() < 0.01


def test_one_class_and_one_length_equal_the_pooled_structure():
    rng = np.random.default_rng(2)
    logits = SHIFT[:, None, None] + rng.normal(size=(4, 2000, 1))
    flags = (rng.random((4, 2000, 5)) < expit(logits)).astype(int)
    errors = classed_structure(flags, np.zeros((2000, 5), int), None, CONSTANTS)
    right = flags.sum(2)
    data = ladder_data(np.arange(4.0), right, np.full(2000, 5), right == 5)
    pooled = pooled_structure(data, CONSTANTS)
    np.testing.assert_allclose(errors.correlation, pooled.correlation, atol=1e-3)
    np.testing.assert_allclose(errors.correlation_se, pooled.correlation_se, rtol=0.1)
    np.testing.assert_allclose(errors.burst, pooled.burst, atol=1e-3)


def test_single_tokens_have_no_pairs_and_no_nan():
    rng = np.random.default_rng(3)
    flags = rng.integers(0, 2, (4, 50, 1))
    errors = classed_structure(flags, np.zeros((50, 1), int), None, CONSTANTS)
    assert np.isfinite(errors.correlation).all()
    np.testing.assert_allclose(errors.maps.from_correlation(errors.correlation), flags.mean((1, 2)), atol=0.01)
