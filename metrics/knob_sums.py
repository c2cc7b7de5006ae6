"""The settings of a knob as sums over items: what counts as right at each, and out of what."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from metrics.arrays import Bools, Floats
from metrics.compounding_length import length_classes


@dataclass(frozen=True)
class Turn:
    """One setting: the score of a run is (sum of ``right`` / sum of ``out_of``) to a power, over items that count.

    Attributes:
        knob: Which knob.
        setting: Its position.
        right: (runs, items) flags, or tokens.
        out_of: (items,) flags, or tokens.
        power: 1, or the length compounded.
    """

    knob: str
    setting: float
    right: Bools | Floats
    out_of: Bools | Floats
    power: float = 1.0

    @property
    def content(self) -> tuple[bytes, bytes]:
        """Equal for settings whose sums are the same."""
        return self.right.tobytes(), self.out_of.tobytes()


def tokens_required(correct: Floats, lengths: Floats, counted: Bools, shares: Sequence[float]) -> Iterator[Turn]:
    """1 where at least this share of the target's tokens is right."""
    for share in shares:
        # a hair below, since 0.7 * 10 is a little more than 7 in binary
        required = np.ceil(share * lengths - 1e-9)
        yield Turn("tokens_required", share, (correct >= required) & counted, counted)


def past_thresholds(score: Floats, counted: Bools, thresholds: Sequence[float]) -> Iterator[Turn]:
    """1 where the score is at least this."""
    for threshold in thresholds:
        yield Turn("threshold", threshold, (score >= threshold - 1e-9) & counted, counted)


def by_answer_length(exact: Floats, lengths: Floats) -> Iterator[Turn]:
    """Exact match of the items of a class of lengths."""
    if not (lengths > 0).any():
        return
    for low, high in length_classes(lengths):
        members = (lengths >= low) & (lengths <= high)
        yield Turn("answer_length", high, (exact == 1) & members, members)


class Sums:
    """What the settings rest on, each sum reckoned once however many settings share it.

    Attributes:
        place: (settings,) which of the sums each rests on.
        right: (sums, runs, items).
        out_of: (sums, items).
    """

    def __init__(self, turns: Sequence[Turn]) -> None:
        known: dict[tuple[bytes, bytes], int] = {}
        self.place = [known.setdefault(turn.content, len(known)) for turn in turns]
        distinct = [turns[self.place.index(place)] for place in range(len(known))]
        self.right = np.empty((len(distinct), *turns[0].right.shape), np.float32)
        self.out_of = np.empty((len(distinct), len(turns[0].out_of)), np.float32)
        for place, turn in enumerate(distinct):
            self.right[place], self.out_of[place] = turn.right, turn.out_of

    def of(self, weights: Floats) -> Floats:
        """(sums, runs, weightings) shares of right in all; NaN where a weighting leaves no item."""
        columns = weights.T.astype(np.float32)
        n, runs, items = self.right.shape
        above = (self.right.reshape(n * runs, items) @ columns).reshape(n, runs, -1).astype(np.float64)
        below = (self.out_of @ columns).astype(np.float64)[:, None, :]
        shares: Floats = np.divide(above, below, out=np.full(above.shape, np.nan), where=below > 0)
        return shares
