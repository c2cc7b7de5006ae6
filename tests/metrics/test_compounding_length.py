"""Compounding by answer length."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from metrics.compounding_length import by_length, length_classes


def test_few_lengths_are_kept_apart_and_many_are_grouped() -> None:
    assert length_classes(np.array([4.0, 5.0, 4.0, 0.0])) == [(4, 4), (5, 5)]
    grouped = length_classes(np.arange(1.0, 41.0))
    assert len(grouped) == 4
    assert grouped[0][0] == 1
    assert grouped[-1][1] == 40
    assert all(before[1] + 1 == after[0] for before, after in pairwise(grouped))


def test_runs_are_predicted_apart_and_then_averaged() -> None:
    """One run right in every token, one in none: half are exact, and pooled accuracy .5 ^ 4 would hide it."""
    lengths = np.full(10, 4.0)
    correct = np.stack([lengths, np.zeros(10)])
    cells = by_length(correct, lengths, (correct == 4).astype(float), None, np.array([0, 0]))
    assert len(cells) == 1
    assert cells[0].observed == cells[0].predicted == 0.5
    assert cells[0].expected_exact_match is None
    assert cells[0].n == 20


def test_each_class_has_its_own_accuracy() -> None:
    lengths = np.array([1.0] * 8 + [2.0] * 8)
    correct = np.array([[1.0] * 4 + [0.0] * 4 + [1.0] * 8])
    cells = by_length(correct, lengths, (correct == lengths).astype(float), None, np.array([0]))
    assert [cell.predicted for cell in cells] == pytest.approx([0.5, 0.25])
    assert [cell.observed for cell in cells] == pytest.approx([0.5, 0.0])
