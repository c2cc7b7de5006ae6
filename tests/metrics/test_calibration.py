"""A small measurement of the error rates on ladders with known truth; the generator is not the tuning one."""

from __future__ import annotations

import numpy as np
import pytest

from metrics.decide import decide
from metrics.decision import Decision
from metrics.generator import BREAK_KINDS, KINDS, SMOOTH_KINDS, Design, GeneratedLadder, generate


def verdict_of(ladder: GeneratedLadder) -> Decision:
    return decide(ladder.x, ladder.correct_tokens, ladder.target_lengths, ladder.exact_match)


def made(
    kinds: tuple[str, ...], count: int, n_scales: int, jump: float = 3.5
) -> list[tuple[GeneratedLadder, Decision]]:
    rng = np.random.default_rng(77)
    pairs = []
    for i in range(count):
        design = Design(n_scales=n_scales, n_items=(200, 500)[i % 2], length=(1, 4, 8)[i % 3], run_sd=0.1)
        ladder = generate(rng, kinds[i % len(kinds)], design, jump)
        pairs.append((ladder, verdict_of(ladder)))
    return pairs


@pytest.mark.parametrize("n_scales", [6, 9])
def test_smooth_ladders_are_never_called_a_break(n_scales):
    verdicts = [decision.verdict for _, decision in made(SMOOTH_KINDS, 40, n_scales)]
    assert "genuine_break" not in verdicts


def test_smooth_ladders_are_mostly_decided():
    decided = [decision.verdict != "undetermined" for _, decision in made(SMOOTH_KINDS, 40, 9)]
    assert np.mean(decided) >= 0.4


def test_most_breaks_are_found_in_their_gap():
    pairs = made(BREAK_KINDS, 30, 9)
    found = [decision.verdict == "genuine_break" for _, decision in pairs]
    assert np.mean(found) >= 0.7
    for ladder, decision in pairs:
        assert decision.verdict not in ("smooth", "mirage", "smooth_in_logit")
        if decision.verdict == "genuine_break":
            assert decision.gap_index == ladder.gap_index


def test_short_ladders_are_never_called_a_break():
    assert all(decision.verdict != "genuine_break" for _, decision in made(BREAK_KINDS, 10, 5))


def test_generated_ladders_have_the_truth_they_say():
    rng = np.random.default_rng(3)
    for kind in KINDS:
        ladder = generate(rng, kind, Design(n_scales=7, n_runs=2))
        assert ladder.correct_tokens.shape == (14, 300)
        assert (ladder.exact_match == (ladder.correct_tokens == ladder.target_lengths)).all()
        assert (ladder.gap_index is None) == (kind in SMOOTH_KINDS)
