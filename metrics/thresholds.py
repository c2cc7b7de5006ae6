"""Where along the axis a metric starts to move: the scales at which it leaves its floor and reaches half its range."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from metrics.arrays import Floats
from metrics.describe import SMALLEST_RISE, Ruler, isotonic

LEVELS: Mapping[str, float] = MappingProxyType({"leaves_floor": 0.1, "half_range": 0.5})
"""Share of the whole range that is reached, by the name of the level."""

_TAIL = 0.05


@dataclass(frozen=True)
class Threshold:
    """One crossing of one metric.

    Attributes:
        level: One of `LEVELS`.
        value: Value of the metric there, in its own unit; None: the metric has no rise to place.
        x: log10 of the scale from which on the metric is at or beyond `value`, the median over resamples; None: see
            `reason`.
        low: Lower end of the 90 % interval, log10 of scale; None: at or below the smallest scale, or no interval.
        high: Upper end; None: beyond the largest scale, or no interval.
        reason: Why a number is missing; None: none is.
    """

    level: str
    value: float | None
    x: float | None
    low: float | None
    high: float | None
    reason: str | None


def thresholds(
    x: Floats, means: Floats, resampled: Floats, floors: Floats, rulers: list[Ruler]
) -> list[tuple[Threshold, ...]]:
    """Thresholds of the metrics of a ladder.

    The range goes from the value at the smallest scale, or from the guessing floor where that is better, to the last
    value of the isotonic fit. Its levels are fixed; what is resampled is where a curve passes them for good.

    Args:
        x: log10 of scale (S,), ascending in the order of the ladder.
        means: Mean curves (M, S).
        resampled: Curves of resampled items and seeds (M, B, S).
        floors: Guessing floor of every metric at the smallest scale (M,); NaN: not known.
        rulers: Unit and better direction of every metric.

    Returns:
        For every metric, one threshold a level.
    """
    sign = np.array([ruler.sign for ruler in rulers])
    signed, curves = sign[:, None] * means, sign[:, None, None] * resampled
    base = np.fmax(signed[:, 0], sign * floors)
    top = isotonic(signed)[:, -1]
    crossings = {}
    for name, share in LEVELS.items():
        value = base + share * (top - base)
        drawn = np.sort(crossing(x, curves, value[:, None]), axis=-1)
        last = drawn.shape[-1] - 1
        low, high = drawn[:, int(np.floor(_TAIL * last))], drawn[:, int(np.ceil((1 - _TAIL) * last))]
        crossings[name] = (value, drawn[:, (last + 1) // 2], low, high)
    found = []
    for place, ruler in enumerate(rulers):
        rise, smallest = float(top[place] - base[place]), SMALLEST_RISE.get(ruler.unit, 0.0)
        if not rise > smallest:
            reason = f"no rise to place: {rise:.3g} {ruler.unit} in all, not above {smallest:g}"
            if np.isnan(rise):
                reason = f"no rise to place: {int(np.isnan(means[place]).sum())} of {len(x)} scales have no value"
            found.append(tuple(Threshold(name, None, None, None, None, reason) for name in LEVELS))
            continue
        found.append(
            tuple(
                _threshold(
                    name, ruler.sign * float(value[place]), float(at[place]), float(low[place]), float(high[place])
                )
                for name, (value, at, low, high) in crossings.items()
            )
        )
    return found


def crossing(x: Floats, curves: Floats, value: Floats) -> Floats:
    """Position from which on a curve never is below a value again, interpolated between the points beside it.

    Args:
        x: Ascending positions (S,).
        curves: Curves (..., S).
        value: One value a curve (...).

    Returns:
        The crossings (...); minus infinity: the whole curve is there; infinity: its end is not.
    """
    value = np.broadcast_to(value, curves.shape[:-1])
    stays = np.minimum.accumulate(curves[..., ::-1], -1)[..., ::-1] >= value[..., None]
    first = np.argmax(stays, -1)
    before = np.maximum(first - 1, 0)
    below = np.take_along_axis(curves, before[..., None], -1)[..., 0]
    above = np.take_along_axis(curves, first[..., None], -1)[..., 0]
    share = np.divide(value - below, above - below, out=np.zeros_like(below), where=above > below)
    between = x[before] + share * (x[first] - x[before])
    return np.where(stays.any(-1), np.where(first == 0, -np.inf, between), np.inf)


def _threshold(level: str, value: float, x: float, low: float, high: float) -> Threshold:
    reason = None
    if x == np.inf:
        reason = "most resamples are below it at the largest scale"
    elif low == -np.inf:
        reason = "some resamples are beyond it at the smallest scale already"
    elif high == np.inf:
        reason = "some resamples are below it at the largest scale still"
    return Threshold(level, value, _finite(x), _finite(low), _finite(high), reason)


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
