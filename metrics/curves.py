"""Means by run and by scale with 95 % intervals, and paired changes between neighbouring scales."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from metrics.arrays import Floats, Ints
from metrics.intervals import t_quantile, wilson

# Degrees of freedom given to the spread between runs that all scales of the ladder share (moderated variance).
SHARED_SPREAD_DF = 4.0


@dataclass(frozen=True)
class Curve:
    """A metric by run and by scale, with 95 % limits.

    Attributes:
        run_value: (runs,) mean over items.
        run_se: (runs,) standard error over (clusters of) items.
        run_low: (runs,) lower limit; items only, since one run cannot show the luck of its training.
        run_high: (runs,) upper limit.
        value: (scales,) mean over items and runs.
        se: (scales,) standard error over items, and over runs where there are several at the scale.
        low: (scales,) lower limit.
        high: (scales,) upper limit.
        n_runs: (scales,) runs at the scale.
        change: (scales - 1,) value at the next scale minus value at this one, paired over items.
        change_low: (scales - 1,) lower limit.
        change_high: (scales - 1,) upper limit.
    """

    run_value: Floats
    run_se: Floats
    run_low: Floats
    run_high: Floats
    value: Floats
    se: Floats
    low: Floats
    high: Floats
    n_runs: Ints
    change: Floats
    change_low: Floats
    change_high: Floats


@dataclass(frozen=True)
class Limits:
    """Bounds of a metric; None where unbounded."""

    low: float | None
    high: float | None


def curve(cluster_sums: Floats, cluster_sizes: Floats, scale_index: Ints, bounds: Limits) -> Curve:
    """Curve of one metric from the sums of its scores.

    The variance at a scale is that of the run-averaged items, clustered, plus (with several runs) the spread between
    runs divided by their number. Three runs say little of their spread, so it is moderated: pooled with the mean
    spread of the ladder's other scales, which counts as four degrees of freedom (Smyth 2004, limma).

    Args:
        cluster_sums: (runs, clusters) sum of the scores of the cluster's items.
        cluster_sizes: (clusters,) items in the cluster.
        scale_index: (runs,) rank of the run's scale.
        bounds: Bounds of the metric; limits are clipped to them, and a share of 0 or 1 keeps a Wilson width.
    """
    n_items = float(cluster_sizes.sum())
    run_value = cluster_sums.sum(1) / n_items
    influence = (cluster_sums - run_value[:, None] * cluster_sizes) / n_items
    df = max(len(cluster_sizes) - 1.0, 1.0)
    correction = (df + 1) / df
    run_se = np.sqrt(correction * (influence**2).sum(1))
    run_low, run_high = _limits(run_value, run_se, np.full(len(run_value), df), n_items, bounds)

    n_scales = int(scale_index.max()) + 1
    average = np.zeros((n_scales, len(scale_index)))
    average[scale_index, np.arange(len(scale_index))] = 1.0
    n_runs = average.sum(1)
    average /= n_runs[:, None]
    value = average @ run_value
    by_scale = average @ influence
    item_variance = correction * (by_scale**2).sum(1)
    run_variance, run_df = _between_runs(run_value, average, n_runs)
    se, degrees = _add_variances(item_variance, df, run_variance, run_df)
    low, high = _limits(value, se, degrees, n_items * n_runs, bounds)

    step_variance = correction * (np.diff(by_scale, axis=0) ** 2).sum(1)
    step_se, step_degrees = _add_variances(
        step_variance, df, run_variance[1:] + run_variance[:-1], np.minimum(run_df[1:], run_df[:-1])
    )
    change = np.diff(value)
    reach = step_se * np.array([t_quantile(0.975, round(float(d), 1)) for d in step_degrees])
    return Curve(
        run_value=run_value,
        run_se=run_se,
        run_low=run_low,
        run_high=run_high,
        value=value,
        se=se,
        low=low,
        high=high,
        n_runs=n_runs.astype(np.int64),
        change=change,
        change_low=change - reach,
        change_high=change + reach,
    )


def _between_runs(run_value: Floats, average: Floats, n_runs: Floats) -> tuple[Floats, Floats]:
    """Variance of each scale's mean from the spread of its runs, and its degrees of freedom (0 and inf: one run)."""
    own_df = n_runs - 1
    squares = (average > 0) @ run_value**2 - n_runs * (average @ run_value) ** 2
    squares = np.maximum(squares, 0.0)
    if own_df.sum() == 0:
        return np.zeros(len(n_runs)), np.full(len(n_runs), np.inf)
    pooled = squares.sum() / own_df.sum()
    shared_df = min(SHARED_SPREAD_DF, float(own_df.sum()))
    moderated = (shared_df * pooled + squares) / (shared_df + own_df)
    several = own_df > 0
    return np.where(several, moderated / n_runs, 0.0), np.where(several, shared_df + own_df, np.inf)


def _add_variances(
    item_variance: Floats, item_df: float, run_variance: Floats, run_df: Floats
) -> tuple[Floats, Floats]:
    """Standard error of the sum and its degrees of freedom (Satterthwaite 1946)."""
    total = item_variance + run_variance
    below = item_variance**2 / item_df + run_variance**2 / run_df
    degrees = np.divide(total**2, below, out=np.full(len(total), item_df), where=below > 0)
    return np.sqrt(total), degrees


def _limits(value: Floats, se: Floats, degrees: Floats, n: Floats | float, bounds: Limits) -> tuple[Floats, Floats]:
    reach = se * np.array([t_quantile(0.975, round(float(d), 1)) for d in degrees])
    low, high = value - reach, value + reach
    if (bounds.low, bounds.high) == (0, 1):
        wilson_low, wilson_high = wilson(value * n, n)
        narrow = se * se < value * (1 - value) / n
        at_end = (value <= 0) | (value >= 1) | (se == 0)
        low = np.where(at_end | (narrow & (low < 0)), np.minimum(low, wilson_low), low)
        high = np.where(at_end | (narrow & (high > 1)), np.maximum(high, wilson_high), high)
    return (
        low if bounds.low is None else np.maximum(low, bounds.low),
        high if bounds.high is None else np.minimum(high, bounds.high),
    )


def cluster_sums(values: Floats, cluster: NDArray[np.int64] | None) -> tuple[Floats, Floats]:
    """Scores (runs, items) summed within clusters, and the clusters' sizes; without clusters each item is one."""
    if cluster is None:
        return values, np.ones(values.shape[1])
    sums = np.zeros((values.shape[0], int(cluster.max()) + 1))
    np.add.at(sums.T, cluster, values.T)
    return sums, np.bincount(cluster).astype(float)
