"""The shape of a curve in numbers: descriptions with intervals, never verdicts.

``emergence_score`` follows Schaeffer, Miranda and Koyejo 2023 (arXiv:2304.15004), ``linearity`` and
``breakthroughness`` Srivastava et al. 2022 (arXiv:2206.04615, section 3.4), where breakthroughness is that same score.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from metrics.arrays import Floats

# Below this change of a curve, which gap it happened in is noise.
SMALLEST_RISE = {
    "share": 0.10,
    "squares": 0.10,
    "nats": 0.50,
    "nats/token": 0.20,
    "bits/byte": 0.10,
    "edits": 0.50,
    "tokens": 0.50,
    "steps": 0.50,
    "digits": 0.30,
    # a factor of two
    "log10": 0.30,
}


def signed_range(values: Floats) -> Floats:
    """Highest minus lowest value along the last axis, negative where the lowest comes after the highest."""
    later = np.argmax(values, -1) - np.argmin(values, -1)
    return np.asarray(np.sign(later) * (values.max(-1) - values.min(-1)))


def emergence_score(values: Floats, resolution: float | Floats = 0.0) -> Floats:
    """Signed range over the root median square step, along the last axis.

    A straight line over k gaps scores k. Where at least half of the steps are zero the score is infinite, unless
    ``resolution`` (the smallest step the test can show, such as 1 / items) bounds the denominator from below; a curve
    that never changes scores 0.
    """
    typical = np.maximum(np.sqrt(np.median(np.diff(values, axis=-1) ** 2, axis=-1)), resolution)
    return _ratio(signed_range(values), typical)


def breakthroughness(values: Floats, resolution: float | Floats = 0.0) -> Floats:
    """The name that BIG-bench gives ``emergence_score``."""
    return emergence_score(values, resolution)


def linearity(values: Floats, resolution: float | Floats = 0.0) -> Floats:
    """Signed range over the root mean square step, along the last axis; a straight line over k gaps scores k."""
    typical = np.maximum(np.sqrt(np.mean(np.diff(values, axis=-1) ** 2, axis=-1)), resolution)
    return _ratio(signed_range(values), typical)


def _ratio(numerator: Floats, denominator: Floats) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.where(numerator == 0, 0.0, np.divide(numerator, denominator))


def isotonic(values: Floats) -> Floats:
    """Best non-decreasing fit along the last axis, equal weights (the max-min formula of isotonic regression)."""
    size = values.shape[-1]
    total = np.concatenate([np.zeros((*values.shape[:-1], 1)), np.cumsum(values, -1)], -1)
    start, stop = np.arange(size)[:, None], np.arange(1, size + 1)[None, :]
    means = (total[..., stop] - total[..., start]) / np.maximum(stop - start, 1)
    means = np.where(stop > start, means, np.inf)
    lowest_from = np.minimum.accumulate(means[..., ::-1], -1)[..., ::-1]
    lowest_from = np.where(stop > start, lowest_from, -np.inf)
    highest = np.maximum.accumulate(lowest_from, -2)
    fitted: Floats = np.diagonal(highest, axis1=-2, axis2=-1)
    return fitted


def sharpest_gap(values: Floats) -> tuple[Floats, NDArray[np.int64]]:
    """Largest share of the isotonic fit's whole rise inside one gap ([0,1]; NaN without a rise), and which gap."""
    steps = np.diff(isotonic(values), axis=-1)
    rise = steps.sum(-1)
    share = np.divide(steps.max(-1), rise, out=np.full(rise.shape, np.nan), where=rise > 0)
    return share, np.argmax(steps, -1)


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % bootstrap interval; None where it does not exist."""

    value: float | None
    low: float | None
    high: float | None


NONE = Estimate(None, None, None)


@dataclass(frozen=True)
class Description:
    """Shape of one metric's curve.

    Attributes:
        rise: Last minus first value of the isotonic fit, in the metric's unit, along its better direction.
        sharpness: Median over resamples of the share of the rise in its sharpest gap.
        sharpest_gap: The gap that is sharpest most often; None without a rise.
        emergence_score: See ``emergence_score``.
        linearity: See ``linearity``.
        reason: Why there is no sharpness; None where there is.
    """

    rise: float
    sharpness: Estimate
    sharpest_gap: int | None
    emergence_score: Estimate
    linearity: Estimate
    reason: str | None


@dataclass(frozen=True)
class Resamples:
    """Resampled items and training runs, shared by all metrics of a ladder so that they stay comparable.

    Attributes:
        weights: (resamples, clusters): how often each cluster of items was drawn.
        run: (resamples, scales): the row of the run that stands for each scale; one seed's path where it exists.
    """

    weights: Floats
    run: NDArray[np.int64]


def draw_resamples(
    scale_index: NDArray[np.int64], seeds: NDArray[np.int64], n_clusters: int, resamples: int, seed: int
) -> Resamples:
    """Draw items (clusters) with replacement and, for each resample, one training seed's path through the scales."""
    random = np.random.default_rng(seed)
    drawn = random.integers(0, n_clusters, (resamples, n_clusters)) + n_clusters * np.arange(resamples)[:, None]
    weights = np.bincount(drawn.ravel(), minlength=resamples * n_clusters).reshape(resamples, n_clusters).astype(float)
    n_scales = int(scale_index.max()) + 1
    path = random.choice(np.unique(seeds), resamples)
    run = np.empty((resamples, n_scales), np.int64)
    for index in range(n_scales):
        rows = np.flatnonzero(scale_index == index)
        run[:, index] = random.choice(rows, resamples)
        for row in rows:
            run[path == seeds[row], index] = row
    return Resamples(weights, run)


def resampled_curves(sums: Floats, cluster_sizes: Floats, draws: Resamples) -> Floats:
    """Curves (metrics, resamples, scales) of several metrics, all in one matrix product.

    Args:
        sums: (metrics, runs, clusters) sum of the scores of each cluster's items.
        cluster_sizes: (clusters,) items in each cluster.
        draws: The resamples.
    """
    means = (sums @ draws.weights.T) / (draws.weights @ cluster_sizes)
    return np.take_along_axis(means.swapaxes(1, 2), draws.run[None], 2)


@dataclass(frozen=True)
class Ruler:
    """What the description of a curve needs of its metric.

    Attributes:
        unit: The metric's unit; sets the smallest rise whose place is worth naming.
        sign: 1 where higher is better, -1 where lower is.
    """

    unit: str
    sign: float


def describe(
    mean_curves: Floats, resampled: Floats, rulers: Sequence[Ruler], *, n_items: int
) -> tuple[Description, ...]:
    """Describe the curves of several metrics of a ladder.

    Args:
        mean_curves: (metrics, scales) means over items and runs.
        resampled: (metrics, resamples, scales) curves of resampled items and seeds.
        rulers: What is known of each metric.
        n_items: Items behind every point; one of them is the smallest step a share can show.
    """
    sign = np.array([ruler.sign for ruler in rulers])
    signed, curves = sign[:, None] * mean_curves, sign[:, None, None] * resampled
    resolution = 1.0 / max(n_items, 1)
    fitted = isotonic(signed)
    rises = fitted[:, -1] - fitted[:, 0]
    scores = _estimates(emergence_score(signed, resolution), emergence_score(curves, resolution))
    lines = _estimates(linearity(signed, resolution), linearity(curves, resolution))
    shares, gaps = sharpest_gap(curves)
    found: list[Description] = []
    for place, (rise, ruler) in enumerate(zip(rises.tolist(), rulers, strict=True)):
        smallest = SMALLEST_RISE.get(ruler.unit, 0.0)
        if rise < smallest:
            reason = f"no rise to place: {rise:.3g} {ruler.unit} in all, below {smallest:g}"
            found.append(Description(rise, NONE, None, scores[place], lines[place], reason))
            continue
        seen = shares[place][np.isfinite(shares[place])]
        (sharpness,) = _estimates(np.median(seen, keepdims=True), seen[None])
        sharpest = int(np.bincount(gaps[place]).argmax())
        found.append(Description(rise, sharpness, sharpest, scores[place], lines[place], None))
    return tuple(found)


def _estimates(values: Floats, resampled: Floats) -> list[Estimate]:
    """Each value with the 95 % interval of its resamples (metrics, resamples)."""
    low, high = np.quantile(resampled, [0.025, 0.975], axis=-1)
    return [Estimate(*row) for row in zip(values.tolist(), low.tolist(), high.tolist(), strict=True)]
