from __future__ import annotations

import numpy as np
import pytest

from metrics.positions import guessing_floor, position_classes, unigram_log_likelihood
from metrics.size_curve import ratio_curve


def test_classes_are_positions_and_rare_ones_join():
    lengths = np.array([1] * 10 + [3] * 40 + [6] * 5)
    classes = position_classes(lengths)
    assert classes.shape == (55, 6)
    assert classes[0].tolist() == [0, -1, -1, -1, -1, -1]
    assert classes[20].tolist() == [0, 1, 2, -1, -1, -1]
    # five items alone reach the positions beyond the third
    assert classes[54].tolist() == [0, 1, 2, 2, 2, 2]


def test_few_items_still_have_classes():
    assert position_classes(np.array([2, 2])).tolist() == [[0, 1], [0, 1]]


def brute_force(targets: np.ndarray, output: np.ndarray, classes: np.ndarray) -> float:
    """Mean agreement of each output token with the targets of all other items in its class."""
    agreement = []
    n, width = targets.shape
    for i in range(n):
        for p in range(width):
            if classes[i, p] < 0:
                continue
            others = [
                float(targets[j, q] == output[i, p])
                for j in range(n)
                for q in range(width)
                if (j, q) != (i, p) and classes[j, q] == classes[i, p]
            ]
            agreement.append(np.mean(others))
    return float(np.mean(agreement))


def test_the_floor_is_the_agreement_with_other_targets():
    rng = np.random.default_rng(1)
    lengths = rng.integers(1, 4, 40)
    classes = position_classes(lengths)
    targets = np.where(classes >= 0, rng.integers(0, 4, classes.shape), -1)
    outputs = np.where(classes >= 0, rng.integers(-1, 5, (2, *classes.shape)), -1)
    floor = guessing_floor(targets, outputs, classes)
    for run in range(2):
        assert floor[run] == pytest.approx(brute_force(targets, outputs[run], classes))


def test_shuffled_outputs_lie_on_the_floor():
    """Outputs that belong to other items have no ability: what is above the floor is noise."""
    rng = np.random.default_rng(2)
    classes = position_classes(np.full(1500, 3))
    targets = rng.choice(4, (1500, 3), p=[0.6, 0.2, 0.1, 0.1])
    runs = np.stack([targets[rng.permutation(1500)] for _ in range(4)])
    floor = guessing_floor(targets, runs, classes)
    right = (runs == targets).sum(2).astype(float)
    curve = ratio_curve(right, np.full(1500, 3.0), floor=floor)
    raw = (right.sum(1) / 4500 - floor) / (1 - floor)
    assert (np.abs(raw) < 2.5 * curve.se).all()
    assert not curve.off_floor.all()


def test_a_constant_separator_is_no_achievement():
    targets = np.column_stack([np.full(200, 7), np.arange(200) % 10])
    classes = position_classes(np.full(200, 2))
    floor = guessing_floor(targets, targets[None], classes)
    assert floor[0] == pytest.approx((1 + 19 / 199) / 2)


def test_the_unigram_level_leaves_the_item_itself_out():
    targets = np.array([[0], [0], [0], [1]])
    expected = (3 * np.log(2 / 3) + np.log(0.5 / 3)) / 4
    assert unigram_log_likelihood(targets, np.zeros((4, 1), int)) == pytest.approx(expected)
