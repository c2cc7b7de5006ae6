"""Exact match against token accuracy compounded over the answer, by answer length."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from metrics.arrays import Floats, Ints

MOST_CLASSES = 4


def longest_answer(accuracy: float, level: float = 0.5) -> int | None:
    """Most tokens of an answer that is all right with at least this probability, errors being independent.

    Args:
        accuracy: Probability that a token is right, [0,1].
        level: Probability that the whole answer must reach, (0,1).

    Returns:
        Tokens; 0 where one is too many, None where accuracy is 1: answers of every length.
    """
    if accuracy >= 1:
        return None
    # a hair above, since 0.5 ** 3 is 0.125 and its logarithms are not exactly three times each other
    return 0 if accuracy <= 0 else math.floor(math.log(level) / math.log(accuracy) + 1e-9)


@dataclass(frozen=True)
class LengthCell:
    """Answers of similar length at one scale.

    Attributes:
        scale_index: Rank of the scale.
        length_low: Shortest answer of the class, tokens.
        length_high: Longest answer of the class, tokens.
        n: Answers, over all runs.
        observed: Exact match, mean over runs.
        predicted: Mean over runs and answers of (token accuracy of the class in that run) ^ length. Computed a run
            at a time: runs that differ, pooled first, would fake a gap.
        expected_exact_match: Mean probability of the whole target; None without log-probabilities.
    """

    scale_index: int
    length_low: int
    length_high: int
    n: int
    observed: float
    predicted: float
    expected_exact_match: float | None


def length_classes(lengths: Floats, most: int = MOST_CLASSES) -> list[tuple[int, int]]:
    """At most ``most`` classes of target length: single lengths where they are few, else quantile groups."""
    distinct = np.unique(lengths[lengths > 0]).astype(int)
    if len(distinct) <= most:
        return [(int(v), int(v)) for v in distinct]
    starts = np.unique(np.quantile(lengths[lengths > 0], np.arange(most) / most, method="lower")).astype(int)
    stops = [*(starts[1:] - 1), distinct[-1]]
    return [(int(a), int(b)) for a, b in zip(starts, stops, strict=True)]


def by_length(
    correct_tokens: Floats, lengths: Floats, exact_match: Floats, expected: Floats | None, scale_index: Ints
) -> list[LengthCell]:
    """Compounding by answer length.

    Args:
        correct_tokens: (runs, items) target tokens that are right.
        lengths: (items,) target tokens.
        exact_match: (runs, items) 0 or 1.
        expected: (runs, items) probability of the whole target; None without log-probabilities.
        scale_index: (runs,) rank of each run's scale.
    """
    cells = []
    for low, high in length_classes(lengths):
        members = (lengths >= low) & (lengths <= high)
        accuracy = correct_tokens[:, members].sum(1) / lengths[members].sum()
        predicted = (accuracy[:, None] ** lengths[None, members]).mean(1)
        observed = exact_match[:, members].mean(1)
        for index in range(int(scale_index.max()) + 1):
            runs = scale_index == index
            cells.append(
                LengthCell(
                    scale_index=index,
                    length_low=low,
                    length_high=high,
                    n=int(members.sum() * runs.sum()),
                    observed=float(observed[runs].mean()),
                    predicted=float(predicted[runs].mean()),
                    expected_exact_match=None if expected is None else float(expected[runs][:, members].mean()),
                )
            )
    return cells
