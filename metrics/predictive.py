"""Posterior draws of the smooth metric at scales that were not fitted.

Two descriptions are averaged by their evidence: a line in logit whose slope wanders (an integrated Wiener process), and
a logistic between a floor and a ceiling. Beyond the fitted scales the logistic wanders as well, by as much as the line
did within them: a description that held so far need not hold on.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metrics.arrays import Floats, Ints
from metrics.constants import Constants
from metrics.families import LINE_VARIANCE, SIGMOID_MEAN, SIGMOID_VARIANCE, logistic_shapes
from metrics.gls import TwoTerms, Whitener, regress_two
from metrics.noise import log_run_sd_prior, logit_noise
from metrics.scale_means import ScaleMeans
from metrics.size_curve import SizeCurve
from metrics.special import expit, logit

_BEYOND = 0.4
_LEAST_LEVEL = 0.002
_LEAST_SLOPE = 0.01
_WANDER = np.array([1.0, 2.0, 4.0])
"""How far the slope of a curve may wander over one decade (standard deviation, logit a decade), each as likely: a
logistic above a guessing floor goes from 0 to 4.4, the steepest that counts as smooth."""
_RIDGE = 1e-9
_SHARED_MISS_SD = 1.0
_OWN_MISS_SD = 0.15
"""Spread of what a map misses, logit: positions of unequal difficulty shift it for all runs alike."""


def draw_logits(
    x: Floats, curve: SizeCurve, new_x: Floats, draws: int, rng: np.random.Generator, constants: Constants
) -> Floats:
    """Draw the logit of new runs, averaged over the two descriptions by evidence.

    Args:
        x: log10 of scale of the fitted runs (R,), ascending.
        curve: The metric of the fitted runs.
        new_x: log10 of scale of the new runs (H,), beyond or among the fitted ones.
        draws: Number of draws.
        rng: Source of randomness.
        constants: Constants of the procedure.

    Returns:
        Draws (draws, H) of the logit of single new runs, spread between runs included. That spread is drawn between
        what the fitted runs show and `run_noise_ratio` times that, as it is largest where a curve is steep.
    """
    means = ScaleMeans.of(x, curve, constants)
    scales, place = np.unique(new_x, return_inverse=True)
    line = _Line.fit(means, scales)
    sigmoid = _Sigmoid.fit(means, scales, constants)
    chosen = _choose(np.concatenate([line.log_evidence.ravel(), sigmoid.log_evidence.ravel()]), draws, rng)
    on_line = chosen < line.log_evidence.size
    noise = rng.normal(size=(draws, len(scales)))
    drawn, spread = np.empty((draws, len(scales))), np.empty(draws)
    drawn[on_line], spread[on_line] = line.draw(chosen[on_line], noise[on_line], means)
    drawn[~on_line], spread[~on_line] = sigmoid.draw(
        chosen[~on_line] - line.log_evidence.size, rng.normal(size=(draws, 2))[~on_line], means
    )
    drawn[~on_line] += line.wander(draws, rng)[~on_line, None] * (noise[~on_line] @ _wiener_root(means, scales).T)
    spread *= max(constants.run_noise_ratio, 1.0) ** rng.random(draws)
    return drawn[:, place] + spread[:, None] * rng.normal(size=(draws, len(new_x)))


@dataclass(frozen=True)
class _Line:
    """A line whose slope wanders: components (G, W) over the spread between runs and how far it wanders.

    Attributes:
        log_evidence: Of every component (G, W).
        mean: Mean logit at the new scales (G * W, H).
        root: Root of its covariance (G * W, H, H).
    """

    log_evidence: Floats
    mean: Floats
    root: Floats

    @classmethod
    def fit(cls, means: ScaleMeans, scales: Floats) -> _Line:
        n = len(means.x)
        beyond_first = np.concatenate([means.x, scales]) - means.x[0]
        basis = np.stack([np.ones(n + len(scales)), beyond_first - beyond_first[:n].mean()])
        straight = basis.T * np.array(LINE_VARIANCE) @ basis
        prior = straight + _WANDER[:, None, None] ** 2 * _wiener(beyond_first)
        noisy = prior[:, :n, :n] + means.logit_noise()[:, None]
        whitener = Whitener.of(noisy.reshape(-1, n, n))
        white = whitener.factor @ means.logit
        cross = np.tile(prior[:, :n, n:], (len(means.run_sd), 1, 1))
        white_cross = whitener.factor @ cross
        covariance = np.tile(prior[:, n:, n:], (len(means.run_sd), 1, 1)) - white_cross.transpose(0, 2, 1) @ white_cross
        log_evidence = -0.5 * (white**2).sum(1) - 0.5 * whitener.log_determinant - np.log(len(_WANDER))
        return cls(
            log_evidence.reshape(-1, len(_WANDER)) + means.log_weight[:, None],
            np.einsum("kn,knh->kh", white, white_cross),
            np.linalg.cholesky(covariance + _RIDGE * np.eye(len(scales))),
        )

    def draw(self, chosen: Ints, noise: Floats, means: ScaleMeans) -> tuple[Floats, Floats]:
        """Logits (D, H) and spreads between runs (D,) of chosen components."""
        drawn = self.mean[chosen] + np.einsum("dij,dj->di", self.root[chosen], noise)
        return drawn, means.run_sd[chosen // len(_WANDER)]

    def wander(self, draws: int, rng: np.random.Generator) -> Floats:
        """Draw how far slopes wander (draws,)."""
        return _WANDER[_choose(np.logaddexp.reduce(self.log_evidence, axis=0), draws, rng)]


@dataclass(frozen=True)
class _Sigmoid:
    """A logistic between any floor and ceiling: components (G, C) over the spread between runs and its shape.

    Attributes:
        posterior: Posterior of floor and range.
        log_evidence: Of every component (G, C), as a density of logits.
        beyond: The shapes at the new scales (C, H).
    """

    posterior: TwoTerms
    log_evidence: Floats
    beyond: Floats

    @classmethod
    def fit(cls, means: ScaleMeans, scales: Floats, constants: Constants) -> _Sigmoid:
        n = len(means.x)
        slopes, middles = logistic_shapes(float(means.x[0]), float(max(means.x[-1], scales[-1])), constants, _BEYOND)
        rising = expit(slopes[:, None] * (np.concatenate([means.x, scales]) - middles[:, None]))
        steepness = np.clip(means.level * (1 - means.level), _LEAST_SLOPE, None)
        whitener = Whitener.of(means.level_noise(steepness))
        shapes = np.ascontiguousarray(rising[:, :n])
        fit = regress_two(means.level, whitener, shapes, SIGMOID_MEAN, np.array(SIGMOID_VARIANCE))
        shift = float(np.log(steepness).sum()) - np.log(len(slopes))
        return cls(fit, fit.log_evidence + means.log_weight[:, None] + shift, rising[:, n:])

    def draw(self, chosen: Ints, noise: Floats, means: ScaleMeans) -> tuple[Floats, Floats]:
        """Logits (D, H) and spreads between runs (D,) of chosen components."""
        spread, shape, beta = _coefficients(self.posterior, chosen, noise)
        level = SIGMOID_MEAN[0] + beta[:, :1] + (SIGMOID_MEAN[1] + beta[:, 1:]) * self.beyond[shape]
        return np.asarray(logit(np.clip(level, _LEAST_LEVEL, 1 - _LEAST_LEVEL))), means.run_sd[spread]


def _wiener(x: Floats) -> Floats:
    """Covariance (S, S) of an integrated Wiener process of unit variance that starts at 0 with slope 0."""
    low, high = np.minimum(x[:, None], x), np.maximum(x[:, None], x)
    return np.asarray(low**2 * (3 * high - low) / 6)


def _wiener_root(means: ScaleMeans, scales: Floats) -> Floats:
    """Root of that covariance at new scales (H, H), started at the last fitted one; below it nothing wanders."""
    beyond = np.maximum(scales - means.x[-1], 0.0)
    return np.asarray(np.linalg.cholesky(_wiener(beyond) + _RIDGE * np.eye(len(scales))), np.float64)


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


def draw_map_misses(mapped: Floats, seen: SizeCurve, shape: tuple[int, int], rng: np.random.Generator) -> Floats:
    """Draw by how much a map into exact match misses, from how it missed the fitted runs.

    Args:
        mapped: Logit of what the map says of the fitted runs (F,).
        seen: Exact match of the fitted runs.
        shape: Draws and new runs.
        rng: Source of randomness.

    Returns:
        Misses in logit (draws, H): one that is shared by all runs, and each run's own.
    """
    weight = 1 / (np.diag(seen.logit_covariance) + _OWN_MISS_SD**2)
    precision = 1 / _SHARED_MISS_SD**2 + weight.sum()
    shared = weight @ (seen.logit - mapped) / precision + rng.normal(size=(shape[0], 1)) / np.sqrt(precision)
    return np.asarray(shared + _OWN_MISS_SD * rng.normal(size=shape))


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
