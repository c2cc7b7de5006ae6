"""Scores of one row by the rules of the logs' own tools, to check what was read; never stored as our scores."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

Row = Mapping[str, Any]


def first_largest(values: Sequence[float]) -> int:
    """Place of the largest value, the first of equals, as numpy's ``argmax`` does."""
    return max(range(len(values)), key=lambda place: (values[place], -place))


def choice_hit(row: Row) -> float | None:
    """1 where the gold choice has the largest log-probability."""
    return _hit(row, row.get("choice_logprobs"))


def choice_hit_per_character(row: Row) -> float | None:
    """The same with log-probabilities divided by the characters of the choice."""
    return _hit(row, _per(row, [len(choice) for choice in row.get("choices") or []]))


def choice_hit_per_byte(row: Row) -> float | None:
    """The same with log-probabilities divided by the UTF-8 bytes of the choice."""
    return _hit(row, _per(row, [len(choice.encode("utf-8", "replace")) for choice in row.get("choices") or []]))


def brier_sum(row: Row) -> float | None:
    """Sum over the choices of (probability - 1 if gold else 0) squared, [0,2]: the rule of lm-evaluation-harness."""
    logprobs, gold = row.get("choice_logprobs"), row.get("gold")
    if not logprobs or gold is None or not all(map(math.isfinite, logprobs)):
        return None
    largest = max(logprobs)
    weights = [math.exp(value - largest) for value in logprobs]
    total = sum(weights)
    return float(sum((weight / total - (place == gold)) ** 2 for place, weight in enumerate(weights)))


def equal(row: Row, name: str = "extracted") -> float | None:
    """1 where the text is one of the targets."""
    found, targets = row.get(name), row.get("targets")
    return None if found is None or not targets else 1.0 if found in targets else 0.0


def _hit(row: Row, values: Sequence[float] | None) -> float | None:
    gold = row.get("gold")
    if not values or gold is None or any(math.isnan(value) for value in values):
        return None
    return float(first_largest(values) == gold)


def _per(row: Row, lengths: Sequence[int]) -> list[float] | None:
    logprobs = row.get("choice_logprobs") or []
    if len(lengths) != len(logprobs) or not all(lengths):
        return None
    return [value / length for value, length in zip(logprobs, lengths, strict=True)]
