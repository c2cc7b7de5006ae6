"""Turn the knob: the same outputs under ever sharper metrics, and how emergent each makes the ladder look.

After Schaeffer, Miranda and Koyejo 2023 (arXiv:2304.15004): nothing about the models changes between two settings of
a knob, only the metric does; what appears or disappears with the knob was made by it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from metrics.arrays import Floats, Ints
from metrics.describe import Resamples, emergence_score, isotonic, linearity, sharpest_gap
from metrics.errors import MirageError
from metrics.knob_sums import Sums, Turn, by_answer_length, past_thresholds, tokens_required

TOKEN_SHARES = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
THRESHOLDS = (0.2, 0.4, 0.6, 0.8, 0.9, 1.0)
ANSWER_LENGTHS = (1, 2, 4, 8, 16, 32)
SMALLEST_RISE = 0.10
KNOBS = ("tokens_required", "threshold", "answer_length", "compounded_length")


class KnobError(MirageError):
    """The arrays of a ladder do not fit together, or a setting lies outside its range."""


@dataclass(frozen=True)
class Interval:
    """95 % interval over resampled items and training seeds; both None where nothing was resampled."""

    low: float | None = None
    high: float | None = None


NO_INTERVAL = Interval()


@dataclass(frozen=True)
class KnobSetting:
    """One metric of a sweep, with the shape of its curve over the ladder.

    Attributes:
        knob: ``tokens_required`` (1 where at least this share of the target's tokens is right), ``threshold`` (1 where
            the smooth score is at least this), ``answer_length`` (exact match of the items of this length) or
            ``compounded_length`` (what token accuracy gives for answers of this many tokens with independent errors).
        setting: Position of the knob: a share of tokens, a score, or tokens (the longest of its class).
        n_items: Items that the curve rests on.
        value: Mean over items and runs at each scale, [0,1].
        value_interval: Its interval at each scale.
        rise: Last minus first value of the isotonic fit, [0,1].
        sharpness: Share of the rise in its sharpest gap; None where the rise is below ``SMALLEST_RISE``.
        sharpness_interval: Its interval; without limits likewise.
        sharpest_gap: That gap; None likewise.
        emergence_score: Signed range over the root median square step, the step bounded below by 1 / items.
        emergence_interval: Its interval.
        linearity: Signed range over the root mean square step, bounded likewise.
        linearity_interval: Its interval.
    """

    knob: str
    setting: float
    n_items: int
    value: tuple[float, ...]
    value_interval: tuple[Interval, ...]
    rise: float
    sharpness: float | None
    sharpness_interval: Interval
    sharpest_gap: int | None
    emergence_score: float
    emergence_interval: Interval
    linearity: float
    linearity_interval: Interval


def turn_the_knob(
    scale_index: Ints,
    correct_tokens: Floats,
    target_lengths: Floats,
    exact_match: Floats,
    *,
    smooth_score: Floats | None = None,
    token_shares: Sequence[float] = TOKEN_SHARES,
    thresholds: Sequence[float] = THRESHOLDS,
    compounded_lengths: Sequence[int] = ANSWER_LENGTHS,
    draws: Resamples | None = None,
) -> tuple[KnobSetting, ...]:
    """Sweep every knob of a ladder.

    Args:
        scale_index: (runs,) rank of each run's scale, 0 the smallest, none left out.
        correct_tokens: (runs, items) target tokens that are right.
        target_lengths: (items,) target tokens; items without one do not count for the token knobs.
        exact_match: (runs, items) 0 or 1.
        smooth_score: (runs, items) any score in [0,1] to put thresholds on; None: the share of tokens right.
        token_shares: Settings of ``tokens_required``, (0, 1].
        thresholds: Settings of ``threshold``, (0, 1].
        compounded_lengths: Settings of ``compounded_length``, tokens.
        draws: Resampled items, (resamples, items) weights, and runs; None: no intervals.

    Returns:
        One row a (knob, setting), in the order of ``KNOBS`` and of the settings.

    Raises:
        KnobError: Shapes do not match, fewer than two scales, a value that is not finite, or a setting out of range.
    """
    _check(scale_index, correct_tokens, target_lengths, exact_match, smooth_score)
    for name, settings in (("token_shares", token_shares), ("thresholds", thresholds)):
        if any(not 0 < setting <= 1 for setting in settings):
            raise KnobError(f"{name}: got {list(settings)}; settings lie above 0 and not above 1")
    if any(length < 1 for length in compounded_lengths):
        raise KnobError(f"compounded_lengths: got {list(compounded_lengths)}; the shortest answer has 1 token")
    counted = target_lengths > 0
    score, scored = smooth_score, np.ones(len(target_lengths), bool)
    if score is None:
        score, scored = correct_tokens / np.maximum(target_lengths, 1.0), counted
    turns = [
        *tokens_required(correct_tokens, target_lengths, counted, token_shares),
        *past_thresholds(score, scored, thresholds),
        *by_answer_length(exact_match, target_lengths),
        *(Turn("compounded_length", length, correct_tokens, target_lengths, length) for length in compounded_lengths),
    ]
    turns = [turn for turn in turns if turn.out_of.any()]
    return tuple(_describe(turns, scale_index, draws)) if turns else ()


def _check(scale_index: Ints, correct: Floats, lengths: Floats, exact: Floats, smooth: Floats | None) -> None:
    shape = (len(scale_index), len(lengths))
    for name, values in (("correct_tokens", correct), ("exact_match", exact), ("smooth_score", smooth)):
        if values is None:
            continue
        if values.shape != shape:
            raise KnobError(f"{name}: shape {values.shape}; {shape[0]} runs and {shape[1]} items make {shape}")
        if not np.isfinite(values).all():
            raise KnobError(f"{name}: holds NaN or infinity; leave out items without a score")
    if not len(lengths):
        raise KnobError("target_lengths: no item; one or more are needed")
    present = np.unique(scale_index)
    if len(present) < 2 or present[0] != 0 or present[-1] != len(present) - 1:
        raise KnobError(f"scale_index: got {present.tolist()}; two or more scales counted from 0 without a hole")


def _describe(turns: Sequence[Turn], scale_index: Ints, draws: Resamples | None) -> Iterator[KnobSetting]:
    """All settings at once: the curves, their shapes, and the same on resampled items and runs."""
    sums = Sums(turns)
    # settings that come to the same (half of a short answer, and more than half of it) are described once
    keys = [(place, turn.power) for place, turn in zip(sums.place, turns, strict=True)]
    distinct = list(dict.fromkeys(keys))
    rests_on, power = np.array([place for place, _ in distinct]), np.array([power for _, power in distinct])
    n_items = np.count_nonzero(sums.out_of, axis=1)[rests_on]
    by_run = sums.of(np.ones((1, sums.out_of.shape[1])))[rests_on, :, 0] ** power[:, None]
    curves = by_run @ _average(scale_index).T
    smallest_step = 1.0 / n_items
    fitted = isotonic(curves)
    rise = fitted[:, -1] - fitted[:, 0]
    share, gap = sharpest_gap(curves)
    scores, lines = emergence_score(curves, smallest_step), linearity(curves, smallest_step)
    placed = rise >= SMALLEST_RISE
    values = scored = lined = sharp = np.full((len(distinct), 0, 2), np.nan)
    if draws is not None:
        runs = sums.of(draws.weights)[rests_on] ** power[:, None, None]
        # a class of lengths of which a resample holds no item keeps its value
        runs = np.where(np.isnan(runs), by_run[:, :, None], runs)
        again = np.take_along_axis(runs.swapaxes(1, 2), draws.run[None], 2)
        values = _limits(again)
        scored = _limits(emergence_score(again, smallest_step[:, None]))[:, None]
        lined = _limits(linearity(again, smallest_step[:, None]))[:, None]
        shares, _ = sharpest_gap(again[placed])
        # a resample without any rise has no sharpest gap: it keeps the one of the curve itself
        shares = np.where(np.isfinite(shares), shares, share[placed][:, None])
        sharp = np.full((len(distinct), 1, 2), np.nan)
        sharp[placed, 0] = _limits(shares)
    for turn, key in zip(turns, keys, strict=True):
        place = distinct.index(key)
        yield KnobSetting(
            knob=turn.knob,
            setting=float(turn.setting),
            n_items=int(n_items[place]),
            value=tuple(curves[place].tolist()),
            value_interval=tuple(Interval(*limits) for limits in values[place].tolist()),
            rise=float(rise[place]),
            sharpness=float(share[place]) if placed[place] else None,
            sharpness_interval=_interval(sharp[place]) if placed[place] else NO_INTERVAL,
            sharpest_gap=int(gap[place]) if placed[place] else None,
            emergence_score=float(scores[place]),
            emergence_interval=_interval(scored[place]),
            linearity=float(lines[place]),
            linearity_interval=_interval(lined[place]),
        )


def _interval(limits: Floats) -> Interval:
    return Interval(*limits[0].tolist()) if len(limits) else NO_INTERVAL


def _limits(resampled: Floats) -> Floats:
    """95 % limits over axis 1, the resamples, which goes; they become the last axis."""
    ordered = np.sort(resampled, axis=1)
    at = np.array([0.025, 0.975]) * (ordered.shape[1] - 1)
    below = np.floor(at).astype(np.int64)
    above = np.minimum(below + 1, ordered.shape[1] - 1)
    lower, upper = np.moveaxis(ordered[:, below], 1, -1), np.moveaxis(ordered[:, above], 1, -1)
    return np.asarray(lower + (at - below) * (upper - lower))


def _average(scale_index: Ints) -> Floats:
    """(scales, runs) weights that average the runs of a scale."""
    belongs = (np.arange(scale_index.max() + 1)[:, None] == scale_index[None, :]).astype(np.float64)
    weights: Floats = belongs / belongs.sum(1, keepdims=True)
    return weights
