"""What a verdict must keep whatever the data: invariances, bad input, no NaN, sentences that say enough."""

from __future__ import annotations

import json
import math
from dataclasses import asdict, replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.constants import Constants
from metrics.decide import LadderDataError, decide
from metrics.decision import VERDICTS, Decision
from metrics.errors import MirageError
from metrics.generator import KINDS, Design, generate
from tests.metrics import reference

KIND = st.sampled_from(KINDS)
SEED = st.integers(0, 2**32 - 1)
LENGTH = st.sampled_from([1, 4])


def ladder(seed: int, kind: str, length: int, n_runs: int = 1, n_scales: int = 7) -> list[np.ndarray]:
    design = Design(n_scales=n_scales, n_items=80, length=length, n_runs=n_runs)
    made = generate(np.random.default_rng(seed), kind, design)
    return [made.x, made.correct_tokens, made.target_lengths, made.exact_match]


def assert_same(left: Decision, right: Decision, tolerance: float = 1e-6) -> None:
    """Equal verdicts and numbers; sentences may differ where they name a scale."""
    assert (left.verdict, left.kind, left.lean) == (right.verdict, right.kind, right.lean)
    assert left.evidence["decided_by"] == right.evidence["decided_by"]
    assert left.gap_index == right.gap_index
    for name in ("jump_low", "jump_median", "jump_high", "run_sd", "smooth_rise", "own_miss", "break_tail"):
        a, b = getattr(left, name), getattr(right, name)
        assert (a is None) == (b is None), name
        assert a is None or a == pytest.approx(b, abs=tolerance), name


@given(SEED, KIND, LENGTH)
@settings(max_examples=12, deadline=None)
def test_the_order_of_runs_does_not_matter(seed, kind, length):
    x, correct, lengths, exact = ladder(seed, kind, length)
    order = np.random.default_rng(seed).permutation(len(x))
    here, there = decide(x, correct, lengths, exact), decide(x[order], correct[order], lengths, exact[order])
    assert_same(here, there)
    assert here.reason == there.reason
    for row, source in enumerate(order if here.compounding else ()):
        assert there.compounding[row].observed == here.compounding[source].observed
        assert there.compounding[row].own_low == pytest.approx(here.compounding[source].own_low)


@given(SEED, KIND, LENGTH)
@settings(max_examples=10, deadline=None)
def test_the_order_of_items_does_not_matter(seed, kind, length):
    x, correct, lengths, exact = ladder(seed, kind, length)
    order = np.random.default_rng(seed).permutation(len(lengths))
    assert_same(decide(x, correct, lengths, exact), decide(x, correct[:, order], lengths[order], exact[:, order]))


@given(SEED, KIND, LENGTH, st.floats(-6, 12))
@settings(max_examples=12, deadline=None)
def test_adding_a_constant_to_x_changes_nothing(seed, kind, length, shift):
    x, *rest = ladder(seed, kind, length)
    assert_same(decide(x, *rest), decide(x + shift, *rest))


@given(SEED, KIND, st.integers(2, 4))
@settings(max_examples=8, deadline=None)
def test_copies_of_items_in_clusters_do_not_sharpen_the_verdict(seed, kind, copies):
    """Copies carry no information; known as clusters they leave the bounds of a jump where they were."""
    x, correct, lengths, exact = ladder(seed, kind, 4)
    cluster = np.arange(80)
    once = decide(x, correct, lengths, exact, cluster=cluster)
    more = decide(
        x,
        np.repeat(correct, copies, 1),
        np.repeat(lengths, copies),
        np.repeat(exact, copies, 1),
        cluster=np.repeat(cluster, copies),
    )
    widths = [d.jump_high - d.jump_low for d in (once, more)]  # type: ignore[operator]
    # half a token is added once, which moves levels near zero a little
    assert widths[1] == pytest.approx(widths[0], rel=0.1)


@given(SEED, KIND)
@settings(max_examples=8, deadline=None)
def test_numbers_of_clusters_are_only_names(seed, kind):
    x, correct, lengths, exact = ladder(seed, kind, 4)
    rng = np.random.default_rng(seed)
    cluster = rng.integers(0, 20, 80)
    names = rng.choice(10_000, 20, replace=False) - 5000
    assert_same(
        decide(x, correct, lengths, exact, cluster=cluster),
        decide(x, correct, lengths, exact, cluster=names[cluster]),
    )


def test_a_score_that_is_token_accuracy_gives_the_same_jumps():
    x, correct, lengths, exact = ladder(3, "step", 1)
    counted, scored = decide(x, correct, lengths, exact), decide(x, correct, lengths, exact, score=correct)
    for left, right in zip(counted.jumps, scored.jumps, strict=True):
        assert left.low == pytest.approx(right.low)
        assert left.high == pytest.approx(right.high)


def constant(value: int, n_scales: int = 6, n_items: int = 30, length: int = 3) -> list[np.ndarray]:
    right = np.full((n_scales, n_items), value)
    return [np.linspace(0, 3, n_scales), right, np.full(n_items, length), right == length]


def growing(x: np.ndarray, n_items: int = 30, length: int = 3) -> list[np.ndarray]:
    share = (np.arange(n_items) + 0.5) / n_items < np.linspace(0.1, 0.9, len(x))[:, None]
    right = share * length
    return [x, right, np.full(n_items, length), right == length]


STRANGE = {
    "always wrong": constant(0),
    "always right": constant(3),
    "always one token right": constant(1),
    "one token a target, always wrong": constant(0, length=1),
    "one item": constant(1, n_items=1),
    "two items": constant(1, n_items=2),
    "one run": growing(np.array([4.0])),
    "two scales": growing(np.array([4.0, 6.0])),
    "two scales, three runs each": growing(np.repeat([4.0, 6.0], 3)),
    "three scales": growing(np.array([4.0, 5.0, 6.0])),
    "one scale, six runs": growing(np.full(6, 4.0)),
    "half a decade": growing(np.linspace(4, 4.5, 6)),
    "six decades": growing(np.linspace(4, 10, 8)),
    "thirty decades": growing(np.linspace(0, 30, 12)),
    "runs at almost one scale": growing(np.array([4.0, 4.0001, 5.0, 5.0001, 6.0, 7.0])),
    "from nothing to everything": growing(np.linspace(4, 7, 7), length=1),
    "seeds at one scale only": growing(np.array([4.0, 4.0, 4.0, 5.0, 6.0, 7.0])),
    "negative log scale": growing(np.linspace(-3, 0, 6)),
    "an empty target among others": [
        np.linspace(0, 3, 6),
        np.tile([0, 2, 1], (6, 1)),
        np.array([0, 2, 3]),
        np.tile([1, 1, 0], (6, 1)),
    ],
    "very long targets": growing(np.linspace(4, 7, 7), length=3000),
}


@pytest.mark.parametrize("name", STRANGE)
@pytest.mark.parametrize("options", ["plain", "score", "cluster", "one cluster", "chance"])
def test_strange_ladders_get_a_verdict_without_nan(name, options):
    x, correct, lengths, exact = STRANGE[name]
    n = len(lengths)
    extra = {
        "plain": {},
        "score": {"score": np.clip(correct / np.maximum(lengths, 1), 0, 1)},
        "cluster": {"cluster": np.arange(n) // 3},
        "one cluster": {"cluster": np.zeros(n)},
        "chance": {"chance": 0.25},
    }[options]
    decision = decide(x, correct, lengths, exact, **extra)
    assert_complete(decision)
    if len(np.unique(np.round(x, 3))) < 4 or np.ptp(x) < 1:
        assert decision.verdict == "undetermined"
        assert "too short" in decision.reason


def assert_complete(decision: Decision) -> None:
    """A verdict with a reason; every number finite and JSON-safe; what would settle it where it is open."""
    assert decision.verdict in VERDICTS
    assert decision.reason
    assert "nan" not in f"{decision.reason} {decision.needed}".lower()
    assert (decision.needed is not None) == (decision.verdict in ("undetermined", "resolution_limited"))
    assert (decision.kind is not None) == (decision.verdict in ("non_monotone", "seed_lottery"))
    assert decision.evidence["decided_by"]
    json.dumps(asdict(decision), allow_nan=False)
    for jump in decision.jumps:
        assert jump.low <= jump.median + 1e-9
        assert jump.low <= jump.high
        assert math.isfinite(jump.high - jump.low)


def test_every_reference_ladder_is_complete():
    for decision in reference.decisions("1"):
        assert_complete(decision)


def good() -> dict[str, object]:
    x, correct, lengths, exact = growing(np.linspace(4, 7, 6))
    return {
        "x": x,
        "correct_tokens": correct.astype(float),
        "target_lengths": lengths,
        "exact_match": exact.astype(float),
        "score": correct / 3.0,
        "cluster": np.arange(30.0),
    }


def spoiled(array: object, value: object) -> np.ndarray:
    out = np.array(array, dtype=object if isinstance(value, str) else float)
    out.flat[-1] = value
    return out


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("x", np.nan),
        ("x", np.inf),
        ("x", "four"),
        ("x", 1e9),
        ("correct_tokens", np.nan),
        ("correct_tokens", -1),
        ("correct_tokens", 4),
        ("target_lengths", -1),
        ("target_lengths", np.nan),
        ("exact_match", 0.5),
        ("exact_match", np.nan),
        ("exact_match", "yes"),
        ("score", 1.2),
        ("score", -0.1),
        ("score", np.nan),
        ("cluster", 0.5),
        ("cluster", np.nan),
    ],
)
def test_a_bad_value_is_refused_by_name(name, value):
    arguments = good()
    with pytest.raises(LadderDataError, match=f"`{name}`") as caught:
        decide(**{**arguments, name: spoiled(arguments[name], value)})
    assert isinstance(caught.value, MirageError)
    assert caught.value.name == name


@pytest.mark.parametrize("name", ["x", "correct_tokens", "target_lengths", "score", "cluster"])
def test_a_wrong_shape_is_refused_by_name(name):
    arguments = good()
    with pytest.raises(LadderDataError, match=f"`{name}` has shape"):
        decide(**{**arguments, name: np.asarray(arguments[name])[:-1]})


def test_a_null_column_is_refused_by_name():
    with pytest.raises(LadderDataError, match="`exact_match` holds 180 values that are missing"):
        decide(**{**good(), "exact_match": np.full((6, 30), None)})


def test_no_run_and_no_item_are_refused():
    with pytest.raises(LadderDataError, match="one run and one item"):
        decide(np.zeros(0), np.zeros((0, 3)), np.ones(3), np.zeros((0, 3)))


@pytest.mark.parametrize("chance", [-0.1, 1.0, float("nan")])
def test_an_impossible_chance_is_refused(chance):
    with pytest.raises(LadderDataError, match="chance"):
        decide(**{**good(), "chance": chance})


def test_raw_scales_are_told_from_logarithms():
    arguments = good()
    with pytest.raises(LadderDataError, match="log10"):
        decide(**{**arguments, "x": 10 ** np.asarray(arguments["x"])})


def test_a_break_says_where_how_much_and_of_which_runs():
    rng = np.random.default_rng(5)
    made = generate(rng, "step", Design(n_scales=9, n_items=400, run_sd=0.05), jump=4.0)
    decision = decide(made.x, made.correct_tokens, made.target_lengths, made.exact_match)
    assert decision.verdict == "genuine_break"
    assert decision.scope == "in this ladder, one run at each scale beside the gap"
    assert decision.scope in decision.reason
    assert f"{decision.jump_low:.2f} logit" in decision.reason
    assert decision.break_tail is not None
    assert decision.break_tail < 0.05
    assert decision.jump_low is not None
    assert decision.jump_low > Constants().least_break_jump
    assert decision.needed is None


def test_constants_change_the_verdict():
    rng = np.random.default_rng(5)
    made = generate(rng, "step", Design(n_scales=9, n_items=400, run_sd=0.05), jump=4.0)
    arguments = (made.x, made.correct_tokens, made.target_lengths, made.exact_match)
    strict = replace(Constants(), least_break_jump=8.0)
    assert decide(*arguments, constants=strict).verdict != "genuine_break"


def test_evidence_is_enough_to_redo_the_claim():
    """The break rule again from the stored numbers alone."""
    for decision in reference.decisions("1"):
        if decision.gap_index is None:
            continue
        evidence = decision.evidence
        low = min(evidence["jump_low_F2"], evidence["jump_low_F3"])
        assert decision.jump_low == pytest.approx(low)
        assert decision.largest_allowed_jump == pytest.approx(max(jump.high for jump in decision.jumps))
        rise = max(decision.smooth_rise, 0)
        assert decision.allowed_jump_limit == pytest.approx(max(0.75, 0.4 * rise))
        if decision.verdict in ("smooth", "mirage", "smooth_in_logit"):
            assert decision.largest_allowed_jump < decision.allowed_jump_limit
