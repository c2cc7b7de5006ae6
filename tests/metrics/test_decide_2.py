"""What method 2 adds: replicates, single poor runs, guessing floors, token data, a pooled noise prior."""

from __future__ import annotations

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import expit

from metrics.constants import Constants
from metrics.decide import Decision, LadderDataError, TokenData, decide, prepare
from metrics.generator import KINDS, Design, generate
from metrics.noise import RunSdPrior, pooled_noise_prior
from tests.metrics import reference
from tests.metrics.test_decide import STRANGE, assert_complete, assert_same

SECOND = Constants(method=2)
SCALES = np.linspace(5, 8, 8)


def answers(logits: np.ndarray, n: int = 500, seed: int = 0) -> dict[str, np.ndarray]:
    """Single-token answers with a given logit in every run."""
    right = np.random.default_rng(seed).random((len(logits), n)) < expit(logits)[:, None]
    return {"correct_tokens": right, "target_lengths": np.ones(n), "exact_match": right}


@given(st.integers(0, 2**32 - 1), st.sampled_from(KINDS), st.sampled_from([1, 4]))
@settings(max_examples=12, deadline=None)
def test_the_order_of_runs_does_not_matter_with_replicates(seed, kind, length):
    rng = np.random.default_rng(seed)
    made = generate(rng, kind, Design(n_scales=6, n_items=60, length=length, n_runs=2))
    order = rng.permutation(12)
    here = decide(made.x, made.correct_tokens, made.target_lengths, made.exact_match, constants=SECOND)
    there = decide(
        made.x[order], made.correct_tokens[order], made.target_lengths, made.exact_match[order], constants=SECOND
    )
    # neighbouring rows enter the burst part, and runs of one scale have no order
    assert (here.verdict, here.gap_index) == (there.verdict, there.gap_index)
    assert here.jump_low == pytest.approx(there.jump_low, abs=1e-6)
    assert here.run_sd == pytest.approx(there.run_sd, abs=1e-6)


@given(st.integers(0, 2**32 - 1), st.sampled_from(KINDS), st.floats(-6, 12))
@settings(max_examples=10, deadline=None)
def test_adding_a_constant_to_x_changes_nothing(seed, kind, shift):
    made = generate(np.random.default_rng(seed), kind, Design(n_scales=7, n_items=60))
    rest = (made.correct_tokens, made.target_lengths, made.exact_match)
    assert_same(decide(made.x, *rest, constants=SECOND), decide(made.x + shift, *rest, constants=SECOND))


# a cube of flags of 3000 positions is no smaller for being strange
@pytest.mark.parametrize("name", [name for name in STRANGE if name != "very long targets"])
@pytest.mark.parametrize("known", ["counts", "floor", "log-probabilities", "flags"])
def test_strange_ladders_get_a_verdict_without_nan(name, known):
    x, correct, lengths, exact = STRANGE[name]
    width = int(lengths.max())
    inside = np.arange(width) < np.asarray(lengths)[:, None]
    right = (np.arange(width) < np.asarray(correct)[..., None]) & inside
    tokens = {
        "counts": TokenData(),
        "floor": TokenData(floor=0.3),
        "log-probabilities": TokenData(
            log_probabilities=np.where(inside, np.where(right, -0.1, -40.0), 0), unigram=-1.5
        ),
        "flags": TokenData(
            flags=np.where(inside, right, -1), classes=np.where(inside, np.arange(width), -1), floor=0.1
        ),
    }[known]
    assert_complete(decide(x, correct, lengths, exact, tokens=tokens, constants=SECOND))


def test_every_reference_ladder_is_complete():
    for decision in reference.decisions("2") + reference.decisions("2-counts"):
        assert_complete(decision)


def test_a_small_break_needs_replicates():
    """The same runs: one at each scale leave room for larger noise at the transition, three do not."""
    rng = np.random.default_rng(0)
    logits = -0.8 + 0.25 * (SCALES - 6.5) + 1.4 * (SCALES > 6.4)
    three = answers(np.repeat(logits, 3) + 0.1 * rng.normal(size=24))
    one = {name: values if name == "target_lengths" else values[::3] for name, values in three.items()}
    single = decide(SCALES, **one, constants=SECOND)
    assert single.evidence["decided_by"] == "4 run noise"
    assert single.jump_low > SECOND.least_break_jump
    assert single.evidence["noisy_jump_low"] < 0
    assert single.lean == "break"
    assert "replicate runs at scales" in (single.needed or "")
    assert single.scope == "in this ladder, one run at each scale beside the gap"
    lenient = replace(SECOND, run_noise_ratio=1.0)
    assert decide(SCALES, **one, constants=lenient).verdict == "genuine_break"
    replicated = decide(np.repeat(SCALES, 3), **three, constants=SECOND)
    assert replicated.verdict == "genuine_break"
    assert replicated.scope == "replicated at both sides of the gap (3 and 3 runs)"
    assert replicated.evidence["noisy_jump_low"] is None


def test_runs_that_overlap_across_the_gap_are_no_break():
    """One run below the gap has it already: the jump depends on the run."""
    x = np.repeat(SCALES, 3)
    logits = np.repeat(-2.0 + 0.1 * (SCALES - 6.5) + 4.5 * (SCALES > 6.4), 3)
    below = np.flatnonzero(x < 6.4)[-1]
    high = answers(logits, seed=3)
    assert decide(x, **high, constants=SECOND).verdict == "genuine_break"
    logits[below] = 3.0
    mixed = decide(x, **answers(logits, seed=3), constants=SECOND)
    assert mixed.verdict == "undetermined"
    assert mixed.lean in ("lottery", "break", None)


def test_a_fall_of_one_run_asks_for_another():
    """A quiet prior, so that the fall is shown and no large jump is: what is open is that fall alone."""
    quiet = replace(SECOND, prior_run_sd=0.05, prior_df=32.0, allowed_jump=6.0)
    logits = 0.6 * (SCALES - 6.5)
    logits[4] -= 1.15
    found = decide(SCALES, **answers(logits, n=1500), constants=quiet)
    assert found.evidence["decided_by"] == "7 single run falls"
    assert found.lean == "smooth"
    assert "another run at scale" in (found.needed or "")
    # the same fall in three runs is one of the scale
    three = decide(np.repeat(SCALES, 3), **answers(np.repeat(logits, 3), n=1500), constants=quiet)
    assert three.verdict == "non_monotone"


def test_a_task_at_the_level_of_guessing_shows_no_ability():
    """Format improves, so accuracy rises with its floor; the part above the floor stays zero."""
    rng = np.random.default_rng(4)
    lengths = np.full(600, 4)
    formatted = expit(2.0 * (SCALES - 6.0))
    correct = rng.binomial(4, 0.5 * formatted[:, None], (8, 600))
    arguments = (SCALES, correct, lengths, correct == 4)
    known = decide(*arguments, tokens=TokenData(floor=0.5 * formatted), constants=SECOND)
    assert known.evidence["decided_by"] in ("1b guessing", "1 no change shown", "1 flat")
    assert known.verdict in ("undetermined", "flat")
    assert decide(*arguments, constants=SECOND).smooth_rise > known.smooth_rise + 1


def test_a_known_floor_settles_an_onset():
    """A logistic above a guessing floor looks like a bend until the floor is known."""
    rng = np.random.default_rng(5)
    scales = np.linspace(4, 8, 10)
    ability = expit(2.0 * (scales - 6.6))
    correct = rng.binomial(3, (0.4 + 0.6 * ability)[:, None], (10, 2500))
    arguments = (scales, correct, np.full(2500, 3), correct == 3)
    assert decide(*arguments, constants=SECOND).lean == "onset"
    found = decide(*arguments, tokens=TokenData(floor=0.4), constants=SECOND)
    assert found.lean != "onset"
    assert found.smooth_rise > 3


def test_log_probabilities_say_how_many_items_are_needed():
    rng = np.random.default_rng(6)
    logp = -np.exp(-0.8 * (SCALES - 5))[:, None, None] * rng.uniform(2.5, 3.5, (8, 300, 6))
    nothing = np.zeros((8, 300))
    tokens = TokenData(log_probabilities=logp)
    found = decide(SCALES, nothing, np.full(300, 6), nothing, tokens=tokens, constants=SECOND)
    assert found.verdict == "resolution_limited"
    expected = 3 / np.exp(logp[-1].sum(1)).mean()
    assert found.evidence["items_needed"] == np.ceil(expected)


def test_method_1_refuses_what_it_does_not_use():
    with pytest.raises(LadderDataError, match="`floor` method 1"):
        decide(SCALES, **answers(SCALES - 6.5), tokens=TokenData(floor=0.2))


@pytest.mark.parametrize(
    ("part", "value"),
    [
        ("floor", 1.0),
        ("floor", -0.1),
        ("floor", np.full(3, 0.1)),
        ("floor", np.nan),
        ("unigram", 0.5),
        ("unigram", float("nan")),
        ("log_probabilities", np.full((8, 500, 1), 0.5)),
        ("log_probabilities", np.full((8, 500, 1), np.nan)),
        ("log_probabilities", np.full((8, 4, 1), -0.5)),
        ("flags", np.ones((8, 500, 1))),
        ("classes", np.zeros((500, 1))),
    ],
)
def test_bad_token_data_is_refused_by_name(part, value):
    with pytest.raises(LadderDataError, match=r"`(flags|classes)`" if part in ("flags", "classes") else part):
        decide(SCALES, **answers(SCALES - 6.5), tokens=TokenData(**{part: value}), constants=SECOND)


def test_flags_must_fit_their_classes():
    arguments = answers(SCALES - 6.5)
    flags = np.ones((8, 500, 1))
    for classes in (np.zeros((500, 2)), np.full((500, 1), -1), np.full((500, 1), 0.5)):
        with pytest.raises(LadderDataError, match="`classes`"):
            decide(SCALES, **arguments, tokens=TokenData(flags=flags, classes=classes), constants=SECOND)
    tokens = TokenData(flags=2 * flags, classes=np.zeros((500, 1)))
    with pytest.raises(LadderDataError, match="`flags`"):
        decide(SCALES, **arguments, tokens=tokens, constants=SECOND)


def family(run_sd: float, n_tasks: int, seed: int = 0) -> list[Decision]:
    rng = np.random.default_rng(seed)
    decisions = []
    for task in range(n_tasks):
        design = Design(n_scales=8, n_items=500, run_sd=run_sd)
        made = generate(rng, KINDS[task % 4], design)
        decisions.append(decide(made.x, made.correct_tokens, made.target_lengths, made.exact_match, constants=SECOND))
    return decisions


@pytest.mark.parametrize("run_sd", [0.05, 0.4])
def test_the_pooled_prior_follows_the_noise_of_the_family(run_sd):
    evidence = [decision.evidence["run_sd_log_evidence"] for decision in family(run_sd, 16)]
    pooled = pooled_noise_prior(evidence, SECOND)
    assert pooled is not None
    df, centre = pooled
    assert df in (4.0, 8.0, 16.0, 32.0)
    assert 0.5 * run_sd < centre < 1.6 * run_sd
    json.dumps(asdict(replace(SECOND, prior_df=df, prior_run_sd=centre)))


def test_the_pooled_prior_finds_the_spread_behind_simulated_evidence():
    """Likelihoods of known spreads, each seen through six draws."""
    rng = np.random.default_rng(9)
    grid = np.array(SECOND.run_sd_grid)
    draws = rng.normal(0, 0.24, (60, 6))
    evidence = -6 * np.log(grid) - (draws**2).sum(1)[:, None] / (2 * grid**2)
    pooled = pooled_noise_prior(evidence.tolist(), SECOND)
    assert pooled is not None
    assert pooled[1] == pytest.approx(0.24, rel=0.2)
    assert pooled[0] >= 16


def test_few_tasks_have_no_pooled_prior():
    assert pooled_noise_prior([[0.0] * 10] * 7, SECOND) is None
    assert RunSdPrior.pooled([[0.0] * 10] * 7, SECOND) is None
    assert RunSdPrior.pooled([[0.0] * 10] * 7, replace(SECOND, pooled_tasks=7)) is not None


def test_a_pooled_prior_is_recorded_and_decides_again_as_its_constants_would():
    rng = np.random.default_rng(11)
    made = generate(rng, "step", Design(n_scales=8, n_items=500, run_sd=0.05), 1.5)
    arguments = (made.x, made.correct_tokens, made.target_lengths, made.exact_match)
    prior = RunSdPrior(df=16.0, run_sd=0.06, n_tasks=12)
    measured = prepare(*arguments, constants=SECOND)
    first, again = measured.decide(), measured.decide(prior)
    assert first == decide(*arguments, constants=SECOND)
    assert again == decide(*arguments, constants=SECOND, run_sd_prior=prior)
    assert (first.evidence["prior_tasks"], first.evidence["prior_run_sd"]) == (0.0, SECOND.prior_run_sd)
    assert (again.evidence["prior_tasks"], again.evidence["prior_run_sd"]) == (12.0, 0.06)
    assert again.run_sd is not None
    assert first.run_sd is not None
    assert again.run_sd < first.run_sd
    by_constants = decide(*arguments, constants=prior.within(SECOND))
    assert (again.verdict, again.jumps) == (by_constants.verdict, by_constants.jumps)


def test_a_pooled_prior_of_a_quiet_family_finds_more_breaks():
    """Steps of 1.5 logit on 6 scales, one run each: rarely shown alone, mostly with what the family knows."""
    prior = RunSdPrior(df=16.0, run_sd=0.05, n_tasks=24)
    rng = np.random.default_rng(12)
    alone = pooled = 0
    for _ in range(12):
        made = generate(rng, "step", Design(n_scales=6, n_items=500, run_sd=0.05), 1.5)
        measured = prepare(made.x, made.correct_tokens, made.target_lengths, made.exact_match, constants=SECOND)
        alone += measured.decide().verdict == "genuine_break"
        pooled += measured.decide(prior).verdict == "genuine_break"
    assert pooled >= alone + 3


def test_a_flat_ladder_on_its_floor_is_not_said_to_move():
    """Near zero the logit is loose; the sentence speaks of the level instead."""
    guesses = answers(np.zeros(8), n=400, seed=2)
    found = decide(SCALES, **guesses, tokens=TokenData(floor=0.5), constants=SECOND)
    assert found.verdict == "flat"
    assert "stays under 5.0 %" in found.reason


def test_a_jump_shown_on_too_few_scales_is_said_to_be_shown():
    """Four scales or five decide, but not for a break: the reason says what is missing, not that nothing is shown."""
    made = generate(np.random.default_rng(3), "step", Design(n_scales=5, n_items=500, n_runs=3, run_sd=0.02), 5.0)
    arguments = (made.x, made.correct_tokens, made.target_lengths, made.exact_match)
    found = decide(*arguments, constants=Constants(method=3))
    assert (found.verdict, found.lean) == ("undetermined", "break")
    assert "is shown, but the ladder has 5 scales and a break needs 6" in found.reason
    assert "replicate runs" not in str(found.needed)
