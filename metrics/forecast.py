"""Forecast from below: could exact match at the larger scales have been predicted from the smaller ones?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Protocol

import numpy as np

from metrics.answer_maps import PooledMaps
from metrics.arrays import AnyArray, Bools, Floats
from metrics.compounding import ErrorStructure, PooledClustering, pool_clustering, pooled_structure
from metrics.constants import Constants
from metrics.forecast_table import AnswerTable, answer_table
from metrics.ladder_data import LadderData, LadderDataError, ladder_data
from metrics.predictive import draw_logits, draw_map_misses, draw_mapped_logits
from metrics.size_curve import Ratios
from metrics.special import expit, logit

LEAST_FITTED = 3
"""Fewer scales give no forecast."""

DRAWS = 256
"""Posterior draws of a forecast: the limits of an interval are then known to about two percent of coverage."""

_UNKNOWN = PooledClustering(correlation=0.2, correlation_sd=0.15, answer_sd=1.2, answer_sd_sd=0.8)
_CORRELATION_RANGE = (0.001, 0.98)
_ANSWER_SD_RANGE = (0.0, 8.0)
_WIDEST_INFORMATIVE = 0.5
_LEAST_EXACT_MATCH = 1e-5


@dataclass(frozen=True)
class ForecastPoint:
    """Exact match at one held-out scale, forecast and observed, as the mean over the runs there.

    Attributes:
        n_fitted: Distinct scales the forecast rests on, the smallest ones.
        route: "smooth": the smooth metric pushed through compounding; "exact_match": exact match itself.
        scale_index: Rank of the held-out scale among the distinct scales.
        predicted: Median of the forecast, in [0,1].
        low: Lower limit of the interval.
        high: Upper limit of the interval.
        observed: What was observed there.
    """

    n_fitted: int
    route: str
    scale_index: int
    predicted: float
    low: float
    high: float
    observed: float


def forecast_from_below(
    x: AnyArray,
    correct_tokens: AnyArray,
    target_lengths: AnyArray,
    exact_match: AnyArray,
    *,
    n_fitted: int,
    score: AnyArray | None = None,
    cluster: AnyArray | None = None,
    seed: int,
    level: float = 0.9,
    draws: int = DRAWS,
    constants: Constants | None = None,
) -> tuple[ForecastPoint, ...]:
    """Forecast exact match at all larger scales from the `n_fitted` smallest.

    Args:
        x: log10 of the scale of every run (R,), any order; runs with one x are replicates.
        correct_tokens: Right target tokens (R, n).
        target_lengths: Target tokens (n,).
        exact_match: 0 or 1 (R, n).
        n_fitted: Distinct scales to fit, at least 3 and fewer than there are.
        score: Smooth score in [0,1] (R, n) or None; then the smooth route goes from it to exact match by a
            line in logit that the fitted runs determine.
        cluster: Cluster of every item (n,) or None.
        seed: Seed of the posterior draws.
        level: Coverage of the intervals.
        draws: Posterior draws.
        constants: Constants of the procedure; None: the defaults.

    Returns:
        One point a route and held-out scale. Targets of one token without a score have no smooth route.

    Raises:
        LadderDataError: The arrays do not fit, or `n_fitted` is out of range.
    """
    data = ladder_data(x, correct_tokens, target_lengths, exact_match, score=score, cluster=cluster)
    if not LEAST_FITTED <= n_fitted < data.n_scales:
        allowed = f"{LEAST_FITTED} or more and fewer than the {data.n_scales} scales of the ladder"
        raise LadderDataError("n_fitted", f"is {n_fitted}; it must be {allowed}")
    forecaster = _Forecaster(data, Constants() if constants is None else constants, level, draws)
    return forecaster.cut(n_fitted, seed)


def forecast_all_cuts(
    x: AnyArray,
    correct_tokens: AnyArray,
    target_lengths: AnyArray,
    exact_match: AnyArray,
    *,
    score: AnyArray | None = None,
    cluster: AnyArray | None = None,
    seed: int,
    level: float = 0.9,
    draws: int = DRAWS,
    constants: Constants | None = None,
) -> tuple[ForecastPoint, ...]:
    """Forecasts for every number of fitted scales, from 3 to all but one; arguments as for one of them.

    Returns:
        The points of `forecast_from_below` for every cut; empty for fewer than four scales. What the cuts
        share (the compounding table, the error structure of every run) is made once.

    Raises:
        LadderDataError: The arrays do not fit.
    """
    data = ladder_data(x, correct_tokens, target_lengths, exact_match, score=score, cluster=cluster)
    forecaster = _Forecaster(data, Constants() if constants is None else constants, level, draws)
    cuts = range(LEAST_FITTED, data.n_scales)
    return tuple(point for n_fitted in cuts for point in forecaster.cut(n_fitted, seed))


def predictability(points: Sequence[ForecastPoint]) -> str:
    """Read one route of one cut: "predictable", "not_predictable" or "uninformative".

    Predictable: every held-out scale lies inside its interval and every interval is narrower than 0.5.
    Not predictable: some lies outside. Uninformative: all inside, but some interval is too wide to say much.
    """
    if any(not point.low <= point.observed <= point.high for point in points):
        return "not_predictable"
    if points and all(point.high - point.low < _WIDEST_INFORMATIVE for point in points):
        return "predictable"
    return "uninformative"


class _Route(Protocol):
    """Draws exact match (draws, H) at the held-out runs."""

    def __call__(self, fitted: Bools, rng: np.random.Generator) -> Floats: ...


class _Forecaster:
    """What all cuts of one ladder share."""

    def __init__(self, data: LadderData, constants: Constants, level: float, draws: int) -> None:
        self.data = data
        self.constants = constants
        tails = np.array([0.5 - level / 2, 0.5, 0.5 + level / 2])
        self._ranks = np.rint(tails * (draws - 1)).astype(np.int64)
        self.draws = draws
        self.scale_index = data.scale_index
        self.errors: ErrorStructure | None = None
        self.table: AnswerTable | None = None
        if data.score is None and data.has_tokens:
            self.errors = pooled_structure(data, constants)
            self.table = answer_table(PooledMaps.of(np.full(1, 0.5), data.lengths))

    def cut(self, n_fitted: int, seed: int) -> tuple[ForecastPoint, ...]:
        """All routes of one cut; the draws depend on the seed, the cut and the route only."""
        fitted = self.scale_index < n_fitted
        routes: dict[str, _Route] = {"exact_match": self._from_exact_match}
        if self.data.has_smooth:
            routes["smooth"] = self._from_tokens if self.data.score is None else self._from_score
        points: list[ForecastPoint] = []
        for number, (name, route) in enumerate(routes.items()):
            rng = np.random.default_rng([seed, n_fitted, number])
            points += self._points(n_fitted, name, route(fitted, rng), rng)
        return tuple(points)

    def _points(self, n_fitted: int, route: str, drawn: Floats, rng: np.random.Generator) -> list[ForecastPoint]:
        """Summarise drawn exact match of held-out runs (draws, H) by scale, with the sampling noise of the items."""
        above = self.scale_index[self.scale_index >= n_fitted] - n_fitted
        runs = np.bincount(above)
        average = np.eye(len(runs))[above] / runs
        seen = self.data.exact_match[-len(above) :].mean(1) @ average
        answers = runs * self._effective_items(self.scale_index < n_fitted)
        observed = rng.binomial(answers, np.clip(drawn @ average, 0, 1)) / answers
        limits = np.sort(observed, axis=0)[self._ranks]
        return [
            ForecastPoint(n_fitted, route, n_fitted + scale, predicted, low, high, float(seen[scale]))
            for scale, (low, predicted, high) in enumerate(limits.T.tolist())
        ]

    def _effective_items(self, fitted: Bools) -> int:
        """Independent items that carry as much as the clustered ones."""
        data = self.data
        if data.cluster is None:
            return data.n_items
        curve = self._exact.curve(fitted)
        binomial = curve.level * (1 - curve.level) / data.n_items
        design_effect = max(1.0, float(np.median(np.diag(curve.covariance) / binomial)))
        return max(1, round(data.n_items / design_effect))

    @cached_property
    def _exact(self) -> Ratios:
        return Ratios.of(self.data.exact_match, np.ones(self.data.n_items), self.data.cluster)

    @cached_property
    def _score(self) -> Ratios:
        if self.data.score is None:
            raise AssertionError("the score route has a score")
        return Ratios.of(self.data.score, np.ones(self.data.n_items), self.data.cluster)

    @cached_property
    def _accuracy(self) -> Ratios:
        return Ratios.of(self.data.correct, self.data.lengths, self.data.cluster)

    def _from_exact_match(self, fitted: Bools, rng: np.random.Generator) -> Floats:
        data = self.data
        curve = self._exact.curve(fitted)
        drawn = draw_logits(data.x[fitted], curve, data.x[~fitted], self.draws, rng, self.constants)
        return np.asarray(expit(drawn))

    def _from_tokens(self, fitted: Bools, rng: np.random.Generator) -> Floats:
        """Token accuracy, half of the draws through either map, with structure and misses of the fitted runs."""
        data = self.data
        if self.errors is None or self.table is None:
            raise AssertionError("the token route has a table")
        curve = self._accuracy.curve(fitted)
        drawn = draw_logits(data.x[fitted], curve, data.x[~fitted], self.draws, rng, self.constants)
        pooled = _pool(self.errors, fitted)
        correlation = pooled.correlation + pooled.correlation_sd * rng.normal(size=self.draws)
        answer_sd = pooled.answer_sd + pooled.answer_sd_sd * rng.normal(size=self.draws)
        first = rng.random(self.draws) < 0.5
        mapped = np.where(
            first[:, None],
            self.table.from_correlation(drawn, np.clip(correlation, *_CORRELATION_RANGE)),
            self.table.from_answer_sd(drawn, np.clip(answer_sd, *_ANSWER_SD_RANGE)),
        )
        misses = draw_map_misses(
            _safe_logit(_middle_map(self.table, curve.logit, pooled)), self._exact.curve(fitted), mapped.shape, rng
        )
        return np.asarray(expit(_safe_logit(mapped) + misses))

    def _from_score(self, fitted: Bools, rng: np.random.Generator) -> Floats:
        """A score, and a line in logit from the score to exact match."""
        data = self.data
        curve, exact = self._score.curve(fitted), self._exact.curve(fitted)
        drawn = draw_logits(data.x[fitted], curve, data.x[~fitted], self.draws, rng, self.constants)
        return np.asarray(expit(draw_mapped_logits(curve.logit, exact, drawn, rng, self.constants)))


def _pool(errors: ErrorStructure, fitted: Bools) -> PooledClustering:
    """Error structure of the fitted runs, or a wide guess where they tell nothing."""
    below = ErrorStructure(
        errors.correlation[fitted],
        errors.correlation_se[fitted],
        errors.answer_sd[fitted],
        errors.answer_sd_se[fitted],
        errors.burst[fitted],
        errors.burst_se[fitted],
        errors.maps,
    )
    return pool_clustering(below) or _UNKNOWN


def _middle_map(table: AnswerTable, token_logit: Floats, pooled: PooledClustering) -> Floats:
    """Exact match of runs (R,) halfway between both maps, with one error structure."""
    correlation = np.clip(np.full(1, pooled.correlation), *_CORRELATION_RANGE)
    answer_sd = np.clip(np.full(1, pooled.answer_sd), *_ANSWER_SD_RANGE)
    by_correlation = table.from_correlation(token_logit[None], correlation)
    return np.asarray(0.5 * (by_correlation + table.from_answer_sd(token_logit[None], answer_sd))[0])


def _safe_logit(share: Floats) -> Floats:
    return np.asarray(logit(np.clip(share, _LEAST_EXACT_MATCH, 1 - _LEAST_EXACT_MATCH)))
