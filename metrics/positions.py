"""Position classes of target tokens, and what guessing from position frequencies gives."""

from __future__ import annotations

import numpy as np
import polars as pl

from metrics.arrays import Floats, Ints

LEAST_REACHED = 30
"""Positions that fewer items reach join the last one that enough reach."""


def position_classes(lengths: Ints, n_positions: int | None = None) -> Ints:
    """Class of every target token: its index from the left, rare far positions merged.

    Args:
        lengths: Target tokens of every item (n,).
        n_positions: Width P of the result; None: the longest target.

    Returns:
        Classes (n, P), 0 to C - 1, -1 beyond the target.
    """
    width = int(lengths.max()) if n_positions is None else n_positions
    position = np.arange(width)
    reached = (lengths[:, None] > position).sum(0)
    last = max(int((reached >= min(LEAST_REACHED, len(lengths))).sum()) - 1, 0)
    return np.where(position < lengths[:, None], np.minimum(position, last), -1)


def guessing_floor(targets: Ints, outputs: Ints, classes: Ints) -> Floats:
    """Agreement of every run's output tokens with the targets of other items at the same position class.

    The mean over all pairs of different items, computed from counts; what is above it is Cohen's kappa by class.

    Args:
        targets: Token codes (n, P), 0 and up; read where a class is given.
        outputs: Token codes aligned to the targets (R, n, P), below 0: no token there.
        classes: Position classes (n, P), -1 beyond the target.

    Returns:
        The floor of the token accuracy of every run (R,).
    """
    inside = classes >= 0
    codes = int(max(targets[inside].max(), outputs[:, inside].max(), 0)) + 2
    class_of, target = classes[inside], targets[inside]
    n_classes = int(class_of.max()) + 1
    wanted = _counts(class_of, target, n_classes, codes)
    size = wanted.sum(1)
    floor = np.empty(len(outputs))
    for run, output in enumerate(outputs):
        # the last code stands for no token; no target has it
        given = np.where(output[inside] < 0, codes - 1, output[inside])
        hits = np.bincount(class_of, given == target, minlength=n_classes)
        agreeing = (wanted * _counts(class_of, given, n_classes, codes)).sum(1) - hits
        floor[run] = (np.maximum(agreeing, 0) / np.maximum(size - 1, 1)).sum() / size.sum()
    return floor


def unigram_log_likelihood(targets: Ints, classes: Ints) -> float:
    """Mean log-probability (nats) of a target token by its frequency among the other items of its class."""
    inside = classes >= 0
    class_of, target = classes[inside], targets[inside]
    counts = _counts(class_of, target, int(class_of.max()) + 1, int(target.max()) + 1)
    others = np.maximum(counts[class_of, target] - 1, 0.5)
    size = np.maximum(counts.sum(1)[class_of] - 1, 1)
    return float(np.log(others / size).mean())


def most_frequent_share(targets: Ints, classes: Ints) -> float:
    """Share of target tokens that are the most frequent one of their class: what always guessing it gives."""
    inside = classes >= 0
    class_of, target = classes[inside], targets[inside]
    counts = _counts(class_of, target, int(class_of.max()) + 1, int(target.max()) + 1)
    return float(counts.max(1).sum() / counts.sum())


def character_codes(texts: pl.Series, width: int) -> Ints:
    """Characters as small numbers from 0, (rows, width); -1 beyond the text."""
    lengths = texts.str.len_chars().to_numpy().astype(np.int64)
    padded = texts.str.head(width).str.pad_end(width, "\0").to_list()
    points = np.frombuffer("".join(padded).encode("utf-32-le", "surrogatepass"), np.uint32)
    _, codes = np.unique(points, return_inverse=True)
    # by length and not by the padding: a text may hold that character itself
    inside = np.arange(width) < lengths[:, None]
    return np.where(inside, codes.reshape(inside.shape), -1).astype(np.int64)


def _counts(class_of: Ints, token: Ints, n_classes: int, codes: int) -> Floats:
    """Tokens of every code in every class (C, V)."""
    flat = np.bincount(class_of * codes + token, minlength=n_classes * codes)
    return flat.reshape(n_classes, codes).astype(np.float64)
