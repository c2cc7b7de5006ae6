"""Turn the knob: the same outputs under ever sharper metrics, and how emergent each makes the ladder look.

After Schaeffer, Miranda and Koyejo 2023 (arXiv:2304.15004): nothing about the models changes between two settings of
a knob, only the metric does; what appears or disappears with the knob was made by it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from metrics.arrays import Floats, Ints
from metrics.compounding_length import length_classes
from metrics.describe import emergence_score, isotonic, linearity, sharpest_gap
from metrics.errors import MirageError

TOKEN_SHARES = (0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
THRESHOLDS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0)
ANSWER_LENGTHS = (1, 2, 4, 8, 16, 32)
SMALLEST_RISE = 0.10
KNOBS = ("tokens_required", "threshold", "answer_length", "compounded_length")


class KnobError(MirageError):
    """The arrays of a ladder do not fit together, or a setting lies outside its range."""


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
        rise: Last minus first value of the isotonic fit, [0,1].
        sharpness: Share of the rise in its sharpest gap; None where the rise is below ``SMALLEST_RISE``.
        sharpest_gap: That gap; None likewise.
        emergence_score: Signed range over the root median square step, the step bounded below by 1 / items.
        linearity: Signed range over the root mean square step, bounded likewise.
    """

    knob: str
    setting: float
    n_items: int
    value: tuple[float, ...]
    rise: float
    sharpness: float | None
    sharpest_gap: int | None
    emergence_score: float
    linearity: float


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
    average = _average(scale_index)
    counted = target_lengths > 0
    correct, lengths = correct_tokens[:, counted], target_lengths[counted]
    score = smooth_score
    if score is None and counted.any():
        score = correct / lengths
    return (
        *_tokens_required(average, correct, lengths, token_shares),
        *_past_thresholds(average, score, thresholds),
        *_by_answer_length(average, exact_match[:, counted], lengths),
        *_compounded(average, correct, lengths, compounded_lengths),
    )


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


def _average(scale_index: Ints) -> Floats:
    """(scales, runs) weights that average the runs of a scale."""
    belongs = (np.arange(scale_index.max() + 1)[:, None] == scale_index[None, :]).astype(np.float64)
    weights: Floats = belongs / belongs.sum(1, keepdims=True)
    return weights


def _tokens_required(
    average: Floats, correct: Floats, lengths: Floats, shares: Sequence[float]
) -> Iterator[KnobSetting]:
    if not len(lengths):
        return
    for share in shares:
        # a hair below, since 0.7 * 10 is a little more than 7 in binary
        required = np.ceil(share * lengths - 1e-9)
        yield _describe("tokens_required", share, (correct >= required).astype(np.float64), average)


def _past_thresholds(average: Floats, score: Floats | None, thresholds: Sequence[float]) -> Iterator[KnobSetting]:
    if score is None:
        return
    for threshold in thresholds:
        yield _describe("threshold", threshold, (score >= threshold - 1e-9).astype(np.float64), average)


def _by_answer_length(average: Floats, exact: Floats, lengths: Floats) -> Iterator[KnobSetting]:
    if not len(lengths):
        return
    for low, high in length_classes(lengths):
        yield _describe("answer_length", high, exact[:, (lengths >= low) & (lengths <= high)], average)


def _compounded(
    average: Floats, correct: Floats, lengths: Floats, compounded_lengths: Sequence[int]
) -> Iterator[KnobSetting]:
    if not len(lengths):
        return
    accuracy = correct.sum(1, keepdims=True) / lengths.sum()
    for length in compounded_lengths:
        yield _describe("compounded_length", length, accuracy**length, average, n_items=len(lengths))


def _describe(knob: str, setting: float, values: Floats, average: Floats, *, n_items: int | None = None) -> KnobSetting:
    count = values.shape[1] if n_items is None else n_items
    curve = average @ values.mean(1)
    fitted = isotonic(curve)
    rise = float(fitted[-1] - fitted[0])
    share, gap = sharpest_gap(curve)
    placed = rise >= SMALLEST_RISE
    return KnobSetting(
        knob=knob,
        setting=float(setting),
        n_items=count,
        value=tuple(curve.tolist()),
        rise=rise,
        sharpness=float(share) if placed else None,
        sharpest_gap=int(gap) if placed else None,
        emergence_score=float(emergence_score(curve, 1 / count)),
        linearity=float(linearity(curve, 1 / count)),
    )
