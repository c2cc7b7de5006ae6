"""A curve as several cuts of a ladder know it: the mean of every scale, and what the fitted runs say of noise."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metrics.arrays import Bools, Floats, Ints
from metrics.constants import Constants
from metrics.noise import log_run_sd_prior
from metrics.size_curve import Ratios, SizeCurve

_LARGER_RUN_SD = 1.4
"""A spread beyond the grid of the constants, logit: runs that find an ability by chance differ by more."""


@dataclass(frozen=True)
class Cuts:
    """A curve averaged over the runs of each of S scales, and C cuts that fit some of them.

    Numbers of scales that a cut does not fit are there, and are not read.

    Attributes:
        x: log10 of scale (S,), those that no cut fits as well.
        fitted: Scales that a cut fits (C, S).
        level: Mean level (S,).
        logit: Mean logit (S,).
        covariance: Sampling covariance of `level`, by the cut (C, S, S).
        logit_covariance: Sampling covariance of `logit` (C, S, S).
        n_runs: Runs at each scale (S,); 1 where none was fitted.
        run_sd: Spreads between runs that are averaged over (G,), logit.
        log_weight: Log of prior times likelihood of the spread within scales (C, G).
    """

    x: Floats
    fitted: Bools
    level: Floats
    logit: Floats
    covariance: Floats
    logit_covariance: Floats
    n_runs: Floats
    run_sd: Floats
    log_weight: Floats

    @classmethod
    def below(cls, x: Floats, ratios: Ratios, scale_index: Ints, n_fitted: Ints, constants: Constants) -> Cuts:
        """Cuts of a ladder's runs (R,) that fit its smallest scales, one a number in `n_fitted` (C,)."""
        runs = scale_index < n_fitted[:, None]
        slope = 1 / (ratios.level * (1 - ratios.level))
        covariance = ratios.floored_below(runs)
        logits = np.log(ratios.level) - np.log1p(-ratios.level)
        fitted = np.arange(int(scale_index[-1]) + 1) < n_fitted[:, None]
        return _cuts(
            x, scale_index, fitted, (ratios.level, logits, covariance, covariance * np.outer(slope, slope)), constants
        )

    @classmethod
    def beside(cls, x: Floats, curve: SizeCurve, new_x: Floats, constants: Constants) -> Cuts:
        """One cut that fits runs (R,); scales in `new_x` are told of, and not fitted."""
        scales = np.unique(np.concatenate([x, new_x]))
        member = np.searchsorted(scales, x)
        fitted = np.isin(scales, x)[None]
        measured = (curve.level, curve.logit, curve.covariance[None], curve.logit_covariance[None])
        return _cuts(x, member, fitted, measured, constants, scales)

    @property
    def first(self) -> float:
        """log10 of the smallest scale that is fitted."""
        return float(self.x[self.fitted.any(0)].min())

    @property
    def last(self) -> Floats:
        """log10 of the largest scale that each cut fits (C,)."""
        return np.asarray(np.where(self.fitted, self.x, -np.inf).max(1))

    def logit_noise(self) -> Floats:
        """Covariance of the mean logits at every spread between runs (C, G, S, S)."""
        return np.asarray(self.logit_covariance[:, None] + self._between(np.ones(len(self.x))))

    def level_noise(self, slopes: Floats) -> Floats:
        """Covariance of the mean levels at every spread (C, G, S, S), for slopes of level over logit (S,)."""
        return np.asarray(self.covariance[:, None] + self._between(slopes**2))

    def _between(self, relative: Floats) -> Floats:
        return np.asarray(self.run_sd[:, None, None] ** 2 * np.diag(relative / self.n_runs))


def _cuts(
    x: Floats,
    member: Ints,
    fitted: Bools,
    measured: tuple[Floats, Floats, Floats, Floats],
    constants: Constants,
    scales: Floats | None = None,
) -> Cuts:
    """Average runs (R,), each in the scale `member`, to S scales."""
    level, logits, covariance, logit_covariance = measured
    n_scales = fitted.shape[1]
    n_runs = np.bincount(member, minlength=n_scales).astype(np.float64)
    average = np.eye(n_scales)[member].T / np.maximum(n_runs, 1)[:, None]
    # every other value of the grid: a factor of two between spreads is all that a forecast can tell
    grid = np.array([*constants.run_sd_grid[::2], _LARGER_RUN_SD])
    mean, mean_covariance = average @ logits, average @ logit_covariance @ average.T
    log_weight = np.broadcast_to(log_run_sd_prior(constants, grid), (len(fitted), len(grid)))
    if (n_runs > 1).any():
        squares = np.bincount(member, (logits - mean[member]) ** 2, n_scales)
        total = np.diagonal(logit_covariance, axis1=1, axis2=2) @ np.eye(n_scales)[member]
        df = np.maximum(n_runs - 1, 0)
        spread = np.diagonal(mean_covariance, axis1=1, axis2=2)
        sampling = np.maximum(total - n_runs * spread, 0) / np.maximum(df, 1)
        variance = grid[:, None] ** 2 + sampling[:, None]
        within = -0.5 * df * np.log(variance) - 0.5 * squares / variance
        log_weight = log_weight + np.einsum("cgs,cs->cg", within, (fitted & (df > 0)).astype(np.float64))
    return Cuts(
        average @ x if scales is None else scales,
        fitted,
        average @ level,
        mean,
        average @ covariance @ average.T,
        mean_covariance,
        np.maximum(n_runs, 1),
        grid,
        log_weight,
    )
