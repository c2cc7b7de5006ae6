"""Tokens and distances by compiled loops: the optional ``[fast]`` extra, with the same answers as without it.

This module needs numba; ``metrics.fast`` decides whether and when it is imported.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numba import njit
from numpy.typing import NDArray

SPACE, DIGIT = 1, 2
CLASSIFIED = 0x20000
"""No character from here on is white space or a decimal digit."""


@dataclass(frozen=True)
class CompiledPairs:
    """Tokenised and compared pairs; arrays hold the outputs first, then the targets.

    Attributes:
        codes: Codes of all tokens from 0 up, equal within a pair where the tokens are; pairs share nothing.
        starts: (2 pairs,) place of each text's first token in ``codes``.
        lengths: (2 pairs,) tokens of each text.
        distances: (pairs,) Levenshtein distance, in tokens.
    """

    codes: NDArray[np.uint32]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int32]
    distances: NDArray[np.int32]


def compare(texts: pl.Series, *, by_digit: bool) -> CompiledPairs:
    """Tokenise and compare pairs.

    Args:
        texts: Outputs, then as many targets; no NULL.
        by_digit: Every decimal digit is a token of its own; else only white space separates tokens.
    """
    n = len(texts) // 2
    arrow = texts.rechunk().to_arrow(compat_level=pl.CompatLevel.oldest())
    _, offsets, data = arrow.buffers()
    ends = np.frombuffer(offsets, np.int64)[arrow.offset : arrow.offset + 2 * n + 1]
    whole = np.frombuffer(data, np.uint8) if data is not None and data.size else np.zeros(1, np.uint8)
    n_bytes = np.diff(ends)
    # words are separated, so they fill every second byte at most
    most = n_bytes + 1 if by_digit else n_bytes // 2 + 1
    widest = int((most[:n] + most[n:]).max()) if n else 1
    codes = np.empty(int(most.sum()), np.uint32)
    starts, lengths, distances = np.empty(2 * n, np.int64), np.empty(2 * n, np.int32), np.empty(n, np.int32)
    tokens = (np.empty(widest, np.int64), np.empty(widest, np.int64), np.empty(widest, np.uint64))
    table = np.zeros(1 << (2 * widest).bit_length(), np.int64)
    n_tokens = _number(whole, ends, _classes(), by_digit, *tokens, table, codes, starts, lengths)
    _compare(codes, starts, lengths, np.zeros(widest, np.uint64), np.empty(widest, np.int8), distances)
    return CompiledPairs(codes[:n_tokens], starts, lengths, distances)


_known_classes: list[NDArray[np.uint8]] = []


def _classes() -> NDArray[np.uint8]:
    """Class of every character below ``CLASSIFIED``, as the regular expressions of the other route see it."""
    if not _known_classes:
        points = np.array([point for point in range(CLASSIFIED) if not 0xD800 <= point <= 0xDFFF])
        characters = pl.Series([chr(point) for point in points])
        classes = np.zeros(CLASSIFIED, np.uint8)
        classes[points[characters.str.contains(r"\s").to_numpy()]] = SPACE
        classes[points[characters.str.contains(r"\d").to_numpy()]] = DIGIT
        _known_classes.append(classes)
    return _known_classes[0]


@njit(cache=True, nogil=True)
def _scan(data, place, end, classes, by_digit, n_tokens, firsts, widths, keys):  # type: ignore[no-untyped-def]
    """Append one text's tokens (first byte, bytes, hash) to those found; gives how many there are then."""
    inside, key = False, np.uint64(0)
    while place < end:
        byte = np.int64(data[place])
        wide, point = 1, byte
        if byte >= 0xF0:
            wide = 4
            point = (byte & 7) << 18 | (np.int64(data[place + 1]) & 63) << 12
            point |= (np.int64(data[place + 2]) & 63) << 6 | (np.int64(data[place + 3]) & 63)
        elif byte >= 0xE0:
            wide = 3
            point = (byte & 15) << 12 | (np.int64(data[place + 1]) & 63) << 6 | (np.int64(data[place + 2]) & 63)
        elif byte >= 0x80:
            wide = 2
            point = (byte & 31) << 6 | (np.int64(data[place + 1]) & 63)
        kind = np.int64(classes[point]) if point < len(classes) else 0
        alone = kind == DIGIT and by_digit
        if inside and (kind == SPACE or alone):
            widths[n_tokens], keys[n_tokens] = place - firsts[n_tokens], key
            n_tokens, inside = n_tokens + 1, False
        if kind != SPACE:
            if not inside:
                firsts[n_tokens], key, inside = place, np.uint64(0), True
            key = ((key << np.uint64(7)) | (key >> np.uint64(57))) ^ np.uint64(point)
            if alone:
                widths[n_tokens], keys[n_tokens] = wide, key
                n_tokens, inside = n_tokens + 1, False
        place += wide
    if inside:
        widths[n_tokens], keys[n_tokens] = place - firsts[n_tokens], key
        n_tokens += 1
    return n_tokens


@njit(cache=True, nogil=True)
def _number(data, ends, classes, by_digit, firsts, widths, keys, table, codes, starts, lengths):  # type: ignore[no-untyped-def]
    """Fill codes, starts and lengths pair by pair; gives the number of tokens.

    A slot of ``table`` holds the number of the pair that filled it, counted from 1, above the token's place; so
    nothing need be cleared between pairs. Tokens of equal hash are compared byte by byte.
    """
    written = 0
    for pair in range(len(lengths) // 2):
        target = pair + len(lengths) // 2
        n_output = _scan(data, ends[pair], ends[pair + 1], classes, by_digit, 0, firsts, widths, keys)
        n_both = _scan(data, ends[target], ends[target + 1], classes, by_digit, n_output, firsts, widths, keys)
        starts[pair], lengths[pair] = written, n_output
        starts[target], lengths[target] = written + n_output, n_both - n_output
        size = 4
        while size < 2 * n_both:
            size *= 2
        last, mark = np.uint64(size - 1), np.int64(pair + 1) << 32
        distinct = 0
        for token in range(n_both):
            key, wide = keys[token], widths[token]
            slot = ((key * np.uint64(0x9E3779B97F4A7C15)) >> np.uint64(32)) & last
            while True:
                held = table[slot]
                if held >> 32 != pair + 1:
                    table[slot], codes[written + token] = mark | token, distinct
                    distinct += 1
                    break
                known = held & 0xFFFFFFFF
                if keys[known] == key and widths[known] == wide:
                    near = 0
                    while near < wide and data[firsts[known] + near] == data[firsts[token] + near]:
                        near += 1
                    if near == wide:
                        codes[written + token] = codes[written + known]
                        break
                slot = (slot + np.uint64(1)) & last
        written += n_both
    return written


@njit(cache=True, nogil=True)
def _compare(codes, starts, lengths, places, steps, distances):  # type: ignore[no-untyped-def]
    """Fill the distance of every pair; what its texts have in common at either end is left out first."""
    n = len(distances)
    for pair in range(n):
        a, b = starts[pair], starts[pair + n]
        m, k = int(lengths[pair]), int(lengths[pair + n])
        while m > 0 and k > 0 and codes[a] == codes[b]:
            a, b, m, k = a + 1, b + 1, m - 1, k - 1
        while m > 0 and k > 0 and codes[a + m - 1] == codes[b + k - 1]:
            m, k = m - 1, k - 1
        if m > k:
            a, b, m, k = b, a, k, m
        steps[:k] = 1
        distance = k
        for low in range(0, m, 64):
            size = min(64, m - low)
            distance = low + size + _block(codes, a + low, size, b, k, places, steps)
        distances[pair] = distance


@njit(cache=True, nogil=True)
def _block(codes, a, m, b, k, places, steps):  # type: ignore[no-untyped-def]
    """Up to 64 rows of the table, one bit each (Myers 1999, in the blocks of Hyyro 2003).

    ``places`` holds, by code, the rows at which it stands; it is zero before and after. ``steps`` carries the
    differences along the last row of a block to the next one. Gives the sum of this block's.
    """
    one, none = np.uint64(1), np.uint64(0)
    for row in range(m):
        places[codes[a + row]] |= one << np.uint64(row)
    top, plus, minus = np.uint64(m - 1), ~none, none
    climbed = 0
    for step in range(k):
        match, came = places[codes[b + step]], steps[step]
        vertical = match | minus
        if came < 0:
            match |= one
        horizontal = (((match & plus) + plus) ^ plus) | match
        up, down = minus | ~(horizontal | plus), plus & horizontal
        steps[step] = np.int8((up >> top) & one) - np.int8((down >> top) & one)
        climbed += steps[step]
        up, down = up << one, down << one
        if came > 0:
            up |= one
        elif came < 0:
            down |= one
        plus, minus = down | ~(vertical | up), up & vertical
    for row in range(m):
        places[codes[a + row]] = none
    return climbed
