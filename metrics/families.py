"""The smooth families a jump must beat: lines and parabolas in logit, sigmoids between floor and ceiling."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metrics.arrays import Floats
from metrics.constants import Constants
from metrics.special import expit

LINE_VARIANCE = (25.0, 16.0)
"""Prior variances of the level in the middle and of the slope of a line, logit."""

SIGMOID_MEAN = (0.15, 0.6)
"""Prior means of the floor and the range of a sigmoid curve."""

SIGMOID_VARIANCE = (0.3**2, 0.5**2)
"""Prior variances of the same."""

_CURVATURE_VARIANCE = 1.5**2
_LOGIT_STEP_VARIANCE = 9.0
_LEVEL_STEP_VARIANCE = 0.4**2
_MIDPOINT_SLACK = 0.01
_EXPONENT_RANGE = (-30.0, 6.0)


@dataclass(frozen=True)
class Family:
    """A smooth family that is linear once its shape is fixed: C shapes of P basis functions over S runs.

    Attributes:
        name: F1 line, F2 parabola, F3 logistic, F4 Gompertz.
        on_logit: True if the family describes the logit of the metric, False if the metric itself.
        basis: Basis functions (C, P, S).
        prior_mean: Prior mean of the curve (C, S).
        basis_variance: Prior variances of the coefficients around that mean (P,).
        step_variance: Prior variance of a jump.
    """

    name: str
    on_logit: bool
    basis: Floats
    prior_mean: Floats
    basis_variance: Floats
    step_variance: float


def line(x: Floats) -> Family:
    """F1: a straight line in logit over x (S,), log10 of scale."""
    basis = np.stack([np.ones_like(x), x - x.mean()])[None]
    return Family("F1", True, basis, np.zeros((1, len(x))), np.array(LINE_VARIANCE), _LOGIT_STEP_VARIANCE)


def parabola(x: Floats) -> Family:
    """F2: a parabola in logit over x (S,)."""
    centred = x - x.mean()
    basis = np.stack([np.ones_like(x), centred, centred**2 - (centred**2).mean()])[None]
    variance = np.array([*LINE_VARIANCE, _CURVATURE_VARIANCE])
    return Family("F2", True, basis, np.zeros((1, len(x))), variance, _LOGIT_STEP_VARIANCE)


def logistic(x: Floats, constants: Constants) -> Family:
    """F3: floor + (ceiling - floor) * logistic over x (S,), every slope and middle of the grid."""
    slopes, middles = logistic_shapes(float(x.min()), float(x.max()), constants)
    return sigmoid_family(expit(slopes[:, None] * (x - middles[:, None])))


def logistic_shapes(first: float, last: float, constants: Constants, beyond: float = 0.0) -> tuple[Floats, Floats]:
    """Slopes (C,) and middles (C,) of the logistic grid for a ladder from `first` to `last`.

    Middles lie on a grid anchored at the first scale, so that shifting x shifts them with it.
    """
    slopes = np.array([slope for slope in constants.logistic_slopes if slope <= constants.steepest_slope])
    margin = constants.midpoint_margin
    offsets = np.arange(-margin, last - first + margin + beyond + _MIDPOINT_SLACK, constants.midpoint_step)
    slope_grid, middle_grid = np.meshgrid(slopes, first + offsets, indexing="ij")
    return slope_grid.ravel(), middle_grid.ravel()


def gompertz(x: Floats, constants: Constants) -> Family:
    """F4: floor + range * exp(-exp(-rate (x - middle))): a power law of the loss, steep where it leaves zero."""
    margin = constants.midpoint_margin
    offsets = np.arange(-margin, np.ptp(x) + margin + _MIDPOINT_SLACK, constants.gompertz_midpoint_step)
    distance = x - (x.min() + offsets)[:, None]
    rates = np.array(constants.gompertz_rates)[:, None, None]
    shapes = np.exp(-np.exp(np.clip(-rates * distance, *_EXPONENT_RANGE)))
    return sigmoid_family(shapes.reshape(-1, len(x)), "F4")


def sigmoid_family(shapes: Floats, name: str = "F3") -> Family:
    """Floor plus range times a curve from 0 to 1, for C such curves over S runs (C, S)."""
    floor, rise = SIGMOID_MEAN
    return Family(
        name,
        False,
        np.stack([np.ones_like(shapes), shapes], 1),
        floor + rise * shapes,
        np.array(SIGMOID_VARIANCE),
        _LEVEL_STEP_VARIANCE,
    )
