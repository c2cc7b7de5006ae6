"""Posterior draws of the smooth metric at scales that were not fitted."""

from __future__ import annotations

import numpy as np
from scipy.special import expit, logit

from metrics.arrays import Floats, Ints
from metrics.constants import Constants
from metrics.families import LINE_VARIANCE, SIGMOID_MEAN, SIGMOID_VARIANCE, logistic_shapes
from metrics.gls import TwoTerms, Whitener, regress_two
from metrics.noise import level_noise, log_run_sd_prior, logit_noise, logit_slopes
from metrics.size_curve import SizeCurve

_BEYOND = 0.4
_LEAST_LEVEL = 0.002


def draw_logits(
    x: Floats, curve: SizeCurve, new_x: Floats, draws: int, rng: np.random.Generator, constants: Constants
) -> Floats:
    """Draw the logit of new runs from the line and the logistic family, averaged by evidence.

    Args:
        x: log10 of scale of the fitted runs (R,), ascending.
        curve: The metric of the fitted runs.
        new_x: log10 of scale of the new runs (H,), not below the fitted ones.
        draws: Number of draws.
        rng: Source of randomness.
        constants: Constants of the procedure.

    Returns:
        Draws (draws, H) of the logit of single new runs, spread between runs included.
    """
    sd = np.array(constants.run_sd_grid)
    on_logit = Whitener.of(logit_noise(curve, constants))
    fit_line = regress_two(curve.logit, on_logit, (x - x.mean())[None], (0.0, 0.0), np.array(LINE_VARIANCE))
    slopes, middles = logistic_shapes(float(x[0]), float(new_x.max()), constants, _BEYOND)
    scales, place = np.unique(new_x, return_inverse=True)
    rising = expit(slopes[:, None] * (np.concatenate([x, scales]) - middles[:, None]))
    on_level = Whitener.of(level_noise(curve, constants))
    shapes = np.ascontiguousarray(rising[:, : len(x)])
    fit_sigmoid = regress_two(curve.level, on_level, shapes, SIGMOID_MEAN, np.array(SIGMOID_VARIANCE))
    density = float(np.log(logit_slopes(curve)).sum())
    prior = log_run_sd_prior(constants)[:, None]
    by_line = (fit_line.log_evidence + prior).ravel()
    by_sigmoid = (fit_sigmoid.log_evidence + prior - np.log(len(slopes)) + density).ravel()
    chosen = _choose(np.concatenate([by_line, by_sigmoid]), draws, rng)
    noise, run_noise = rng.normal(size=(draws, 2)), rng.normal(size=(draws, len(new_x)))
    drawn = np.empty((draws, len(new_x)))
    on_line = chosen < len(by_line)
    spread, _, beta = _coefficients(fit_line, chosen[on_line], noise[on_line])
    drawn[on_line] = beta[:, :1] + beta[:, 1:] * (new_x - x.mean()) + sd[spread, None] * run_noise[on_line]
    spread, shape, beta = _coefficients(fit_sigmoid, chosen[~on_line] - len(by_line), noise[~on_line])
    beyond = rising[shape, len(x) :]
    level = SIGMOID_MEAN[0] + beta[:, :1] + (SIGMOID_MEAN[1] + beta[:, 1:]) * beyond
    drawn[~on_line] = logit(np.clip(level, _LEAST_LEVEL, 1 - _LEAST_LEVEL))[:, place]
    drawn[~on_line] += sd[spread, None] * run_noise[~on_line]
    return drawn


def draw_mapped_logits(
    predictor: Floats, curve: SizeCurve, drawn: Floats, rng: np.random.Generator, constants: Constants
) -> Floats:
    """Carry draws of one metric's logit into another's by a line that the fitted runs determine.

    Args:
        predictor: Logit of the first metric of the fitted runs (R,).
        curve: The second metric of the fitted runs.
        drawn: Draws of the first logit at new runs (D, H).
        rng: Source of randomness.
        constants: Constants of the procedure.

    Returns:
        Draws of the second logit (D, H).
    """
    whitener = Whitener.of(logit_noise(curve, constants))
    centred = (predictor - predictor.mean())[None]
    fit = regress_two(curve.logit, whitener, centred, (0.0, 0.0), np.array(LINE_VARIANCE))
    chosen = _choose((fit.log_evidence + log_run_sd_prior(constants)[:, None]).ravel(), len(drawn), rng)
    spread, _, beta = _coefficients(fit, chosen, rng.normal(size=(len(drawn), 2)))
    run_noise = np.array(constants.run_sd_grid)[spread, None] * rng.normal(size=drawn.shape)
    return np.asarray(beta[:, :1] + beta[:, 1:] * (drawn - predictor.mean()) + run_noise)


def _choose(log_weights: Floats, draws: int, rng: np.random.Generator) -> Ints:
    """Draw components by weight (draws,)."""
    cumulative = np.cumsum(np.exp(log_weights - log_weights.max()))
    chosen = np.searchsorted(cumulative, rng.random(draws) * cumulative[-1], side="right")
    return np.asarray(np.minimum(chosen, len(cumulative) - 1), dtype=np.int64)


def _coefficients(fit: TwoTerms, chosen: Ints, noise: Floats) -> tuple[Ints, Ints, Floats]:
    """Draw two coefficients (D, 2) of chosen components; also their run spread and shape (D,), (D,)."""
    spread, shape = np.divmod(chosen, fit.coefficient.shape[1])
    covariance = fit.coefficient_covariance[spread, shape]
    first = np.sqrt(covariance[:, 0, 0])
    across = covariance[:, 0, 1] / first
    second = np.sqrt(np.maximum(covariance[:, 1, 1] - across**2, 0))
    beta = fit.coefficient[spread, shape].copy()
    beta[:, 0] += first * noise[:, 0]
    beta[:, 1] += across * noise[:, 0] + second * noise[:, 1]
    return spread, shape, beta
