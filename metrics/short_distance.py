"""Levenshtein distance of many short pairs at once.

For a handful of tokens a pair, what costs is handing every pair over, not comparing it; so one cell of the table of
Wagner and Fischer (1974) is filled for thousands of pairs by one array operation.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

LONGEST = 16
"""Tokens up to which this is faster than a call a pair."""
_PAIRS_AT_ONCE = 8192
# no code point: stands after the end of an output and of a target, and never equals anything
_NO_OUTPUT, _NO_TARGET = np.uint32(0xFFFFFFFF), np.uint32(0xFFFFFFFE)


def short_distances(
    codes: NDArray[np.uint32], starts: NDArray[np.int64], lengths: NDArray[np.int32]
) -> NDArray[np.int32]:
    """Levenshtein distance of each pair, in tokens.

    Args:
        codes: Codes of the tokens of all texts, valid code points.
        starts: (2 pairs,) place of each text's first token, outputs first, then targets.
        lengths: (2 pairs,) tokens of each text, none above ``LONGEST``.
    """
    n = len(lengths) // 2
    distances = np.empty(n, np.int32)
    # pairs of like length together, so that few cells are filled in vain
    order = np.argsort(np.maximum(lengths[:n], lengths[n:]).astype(np.uint8), kind="stable")
    padded = np.append(codes, np.zeros(LONGEST, np.uint32))
    for first in range(0, n, _PAIRS_AT_ONCE):
        rows = order[first : first + _PAIRS_AT_ONCE]
        outputs = _columns(padded, starts[rows], lengths[rows], _NO_OUTPUT)
        targets = _columns(padded, starts[rows + n], lengths[rows + n], _NO_TARGET)
        distances[rows] = _fill(outputs, targets, lengths[rows], lengths[rows + n])
    return distances


def _columns(
    codes: NDArray[np.uint32], starts: NDArray[np.int64], lengths: NDArray[np.int32], after: np.uint32
) -> NDArray[np.uint32]:
    """(longest, pairs) codes, with ``after`` behind the end of each text."""
    place = np.arange(int(lengths.max()))[:, None]
    found: NDArray[np.uint32] = codes[starts[None, :] + place]
    found[place >= lengths[None, :]] = after
    return found


def _fill(
    outputs: NDArray[np.uint32],
    targets: NDArray[np.uint32],
    output_length: NDArray[np.int32],
    target_length: NDArray[np.int32],
) -> NDArray[np.uint8]:
    """The table, a column (all output positions, by one target position) after the other."""
    pairs = np.arange(len(output_length))
    column = np.repeat(np.arange(len(outputs) + 1, dtype=np.uint8)[:, None], len(pairs), axis=1)
    answer = output_length.astype(np.uint8)
    following = np.empty_like(column)
    for j, token in enumerate(targets, start=1):
        changed = outputs != token
        # deletion or substitution for all rows of the column at once; insertion runs down the column
        following[0] = j
        np.minimum(column[1:] + np.uint8(1), column[:-1] + changed, out=following[1:])
        for i in range(1, len(following)):
            np.minimum(following[i], following[i - 1] + np.uint8(1), out=following[i])
        column, following = following, column
        ended = np.flatnonzero(target_length == j)
        answer[ended] = column[output_length[ended], ended]
    return answer
