"""Spread between training runs: its prior over a grid, and the noise covariances it makes."""

from __future__ import annotations

import numpy as np

from metrics.arrays import Floats
from metrics.constants import Constants
from metrics.size_curve import SizeCurve

_LEAST_LEVEL_VARIANCE = 0.01


def log_run_sd_prior(constants: Constants) -> Floats:
    """Log density of the run spread on `run_sd_grid` (G,): scaled inverse chi-square, not normalised."""
    sd = np.array(constants.run_sd_grid)
    df = constants.prior_df
    return np.asarray(-df * np.log(sd) - df * constants.prior_run_sd**2 / (2 * sd**2))


def logit_slopes(curve: SizeCurve) -> Floats:
    """Slope of the level over the logit of every run (R,), kept off zero so that runs at an end stay comparable."""
    return np.clip(curve.level * (1 - curve.level), _LEAST_LEVEL_VARIANCE, None)


def logit_noise(curve: SizeCurve, constants: Constants) -> Floats:
    """Covariance of the logits for every run spread of the grid (G, R, R)."""
    return _with_run_noise(curve.logit_covariance, np.ones(len(curve.logit)), constants)


def level_noise(curve: SizeCurve, constants: Constants) -> Floats:
    """Covariance of the levels for every run spread of the grid (G, R, R)."""
    return _with_run_noise(curve.covariance, logit_slopes(curve) ** 2, constants)


def _with_run_noise(covariance: Floats, weight: Floats, constants: Constants) -> Floats:
    variance = np.array(constants.run_sd_grid) ** 2
    return np.asarray(covariance[None] + variance[:, None, None] * np.diag(weight))
