"""A small measurement of the error rates on ladders with known truth; the generator is not the tuning one."""

from __future__ import annotations

import numpy as np
import pytest

from metrics.constants import Constants
from metrics.decide import decide
from metrics.decision import Decision
from metrics.generator import BREAK_KINDS, KINDS, SMOOTH_KINDS, Design, GeneratedLadder, generate


def verdict_of(ladder: GeneratedLadder, method: int) -> Decision:
    arguments = (ladder.x, ladder.correct_tokens, ladder.target_lengths, ladder.exact_match)
    return decide(*arguments, constants=Constants(method=method))


def made(
    kinds: tuple[str, ...], count: int, n_scales: int, jump: float = 3.5, method: int = 1, n_runs: int = 1
) -> list[tuple[GeneratedLadder, Decision]]:
    rng = np.random.default_rng(77)
    pairs = []
    for i in range(count):
        design = Design(
            n_scales=n_scales, n_items=(200, 500)[i % 2], length=(1, 4, 8)[i % 3], run_sd=0.1, n_runs=n_runs
        )
        ladder = generate(rng, kinds[i % len(kinds)], design, jump)
        pairs.append((ladder, verdict_of(ladder, method)))
    return pairs


@pytest.mark.parametrize(("method", "n_scales", "n_runs"), [(1, 6, 1), (1, 9, 1), (2, 6, 1), (2, 6, 3)])
def test_smooth_ladders_are_never_called_a_break_and_often_decided(method, n_scales, n_runs):
    pairs = made(SMOOTH_KINDS, 24, n_scales, method=method, n_runs=n_runs)
    verdicts = [decision.verdict for _, decision in pairs]
    assert "genuine_break" not in verdicts
    assert np.mean([verdict != "undetermined" for verdict in verdicts]) >= 0.4


@pytest.mark.parametrize(("method", "n_scales", "n_runs"), [(1, 9, 1), (2, 9, 1), (2, 6, 3)])
def test_most_breaks_are_found_in_their_gap(method, n_scales, n_runs):
    pairs = made(BREAK_KINDS, 16, n_scales, method=method, n_runs=n_runs)
    found = [decision.verdict == "genuine_break" for _, decision in pairs]
    assert np.mean(found) >= 0.7
    for ladder, decision in pairs:
        assert decision.verdict not in ("smooth", "mirage", "smooth_in_logit")
        if decision.verdict == "genuine_break":
            assert decision.gap_index == ladder.gap_index


@pytest.mark.parametrize("method", [1, 2])
def test_short_ladders_are_never_called_a_break(method):
    pairs = made(BREAK_KINDS, 8, 5, method=method)
    assert all(decision.verdict != "genuine_break" for _, decision in pairs)


def test_generated_ladders_have_the_truth_they_say():
    rng = np.random.default_rng(3)
    for kind in KINDS:
        ladder = generate(rng, kind, Design(n_scales=7, n_runs=2))
        assert ladder.correct_tokens.shape == (14, 300)
        assert (ladder.exact_match == (ladder.correct_tokens == ladder.target_lengths)).all()
        assert (ladder.gap_index is None) == (kind in SMOOTH_KINDS)
