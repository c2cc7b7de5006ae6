"""Ladders with known truth, simulated token by token: smooth curves and breaks."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np

from metrics.arrays import Floats, Ints
from metrics.special import expit


@dataclass(frozen=True)
class Design:
    """What kind of study is simulated.

    Attributes:
        n_scales: Distinct scales.
        n_items: Items answered by every run.
        length: Mean target length in tokens; lengths vary by 40 % around it.
        run_sd: Spread between training runs, logit.
        n_runs: Runs at every scale.
        decades: Length of the scale axis.
        item_sd: Spread of item difficulty, logit.
        answer_sd: Spread of answer-level bursts, logit.
    """

    n_scales: int = 8
    n_items: int = 300
    length: int = 4
    run_sd: float = 0.1
    n_runs: int = 1
    decades: float = 3.0
    item_sd: float = 0.7
    answer_sd: float = 0.5


@dataclass(frozen=True)
class GeneratedLadder:
    """A simulated ladder and its truth.

    Attributes:
        kind: Form of the true curve, one of `KINDS`.
        x: log10 of scale of every run (R,).
        correct_tokens: Right tokens (R, n).
        target_lengths: Target tokens (n,).
        exact_match: 1 where every token is right (R, n).
        gap_index: Gap of the true break over distinct scales; None: the truth is smooth.
        jump: Size of the true break, logit; 0: smooth.
    """

    kind: str
    x: Floats
    correct_tokens: Ints
    target_lengths: Ints
    exact_match: Ints
    gap_index: int | None
    jump: float


@dataclass(frozen=True)
class _Truth:
    """Logit of token accuracy of every run and item (R, n), mapped into [floor, 1]."""

    ability: Floats
    floor: float = 0.0
    gap_index: int | None = None
    jump: float = 0.0


_Form = Callable[[np.random.Generator, Floats, Design, float], _Truth]


def _line(rng: np.random.Generator, x: Floats, design: Design, jump: float) -> _Truth:
    """A straight line in logit."""
    slope, top = rng.uniform(0.8, 2.0), rng.uniform(1.0, 3.0)
    return _Truth((top + slope * (x - x[-1]))[:, None])


def _power_law(rng: np.random.Generator, x: Floats, design: Design, jump: float) -> _Truth:
    """Loss per token falls as a power of scale: accuracy exp(-c N^-alpha)."""
    alpha, loss = rng.uniform(0.15, 0.5), rng.uniform(0.05, 0.4)
    losses = loss * 10 ** (-alpha * (x - x[-1]))
    return _Truth(-np.log(np.expm1(losses))[:, None])


def _floored(rng: np.random.Generator, x: Floats, design: Design, jump: float) -> _Truth:
    """A logistic above a guessing floor."""
    slope, middle = rng.uniform(1.5, 3.5), x[0] + rng.uniform(0.35, 0.65) * (x[-1] - x[0])
    return _Truth((slope * (x - middle))[:, None], floor=rng.uniform(0.05, 0.3))


def _two_groups(rng: np.random.Generator, x: Floats, design: Design, jump: float) -> _Truth:
    """Easy and hard items, each along its own line."""
    slope, middle = rng.uniform(1.2, 2.5), x[0] + rng.uniform(0.2, 0.45) * (x[-1] - x[0])
    hard = rng.random(design.n_items) < rng.uniform(0.3, 0.7)
    return _Truth((slope * (x - middle))[:, None] - np.where(hard, rng.uniform(1.0, 3.0), 0.0))


def _step(rng: np.random.Generator, x: Floats, design: Design, jump: float) -> _Truth:
    """A jump of every item between two scales, on a gentle line."""
    gap, after = _break_gap(rng, x)
    slope, top = rng.uniform(0.1, 1.0), rng.uniform(1.5, 3.0)
    ability = top + slope * (x - x[-1]) + jump * (after - 1.0)
    return _Truth(ability[:, None], gap_index=gap, jump=jump)


def _switch(rng: np.random.Generator, x: Floats, design: Design, jump: float) -> _Truth:
    """Most items become nearly certain between two scales: a new strategy."""
    gap, after = _break_gap(rng, x)
    ability = rng.uniform(-0.6, 1.0) + rng.uniform(0.1, 0.8) * (x - x[-1])
    switched = rng.random(design.n_items) < rng.uniform(0.6, 0.9)
    certain = np.outer(after, switched) > 0
    return _Truth(np.where(certain, 4.5, ability[:, None]), gap_index=gap, jump=jump)


def _break_gap(rng: np.random.Generator, x: Floats) -> tuple[int, Floats]:
    """A gap with two distinct scales on either side, and 1 for the runs beyond it (R,)."""
    scales = np.unique(x)
    gap = int(rng.integers(1, len(scales) - 2))
    return gap, (x > scales[gap]).astype(np.float64)


_SMOOTH: Mapping[str, _Form] = MappingProxyType(
    {"line": _line, "power_law": _power_law, "floored": _floored, "two_groups": _two_groups}
)
_BREAKS: Mapping[str, _Form] = MappingProxyType({"step": _step, "switch": _switch})
_FORMS: Mapping[str, _Form] = MappingProxyType({**_SMOOTH, **_BREAKS})

SMOOTH_KINDS: tuple[str, ...] = tuple(_SMOOTH)
"""Forms without a break."""

BREAK_KINDS: tuple[str, ...] = tuple(_BREAKS)
"""Forms with a break between two scales."""

KINDS: tuple[str, ...] = SMOOTH_KINDS + BREAK_KINDS
"""Every form."""


def generate(rng: np.random.Generator, kind: str, design: Design, jump: float = 3.0) -> GeneratedLadder:
    """Simulate a ladder.

    Args:
        rng: Source of randomness.
        kind: Form of the true curve, one of `KINDS`; breaks need four scales or more.
        design: What kind of study.
        jump: Size of a step, logit; a switch has a size of its own.

    Returns:
        The ladder with its truth.

    Raises:
        KeyError: The kind is not one of `KINDS`.
    """
    spacing = design.decades / max(design.n_scales - 1, 1)
    scales = np.linspace(0.0, design.decades, design.n_scales)
    scales[1:-1] += rng.uniform(-0.1, 0.1, max(design.n_scales - 2, 0)) * spacing
    x = np.repeat(5.0 + scales, design.n_runs)
    truth = _FORMS[kind](rng, x, design, jump)
    shortest, longest = max(1, round(0.6 * design.length)), round(1.4 * design.length)
    lengths = rng.integers(shortest, longest + 1, design.n_items)
    correct = _right_tokens(rng, truth, lengths, len(x), design)
    exact = (correct == lengths).astype(np.int64)
    return GeneratedLadder(kind, x, correct, lengths, exact, truth.gap_index, truth.jump)


def _right_tokens(rng: np.random.Generator, truth: _Truth, lengths: Ints, n_runs: int, design: Design) -> Ints:
    """Draw the right tokens (R, n): run noise, item difficulty and answer bursts shift the logit."""
    ability = truth.ability + design.run_sd * rng.normal(size=(n_runs, 1))
    ability = ability + design.item_sd * rng.normal(size=design.n_items)
    ability = ability + design.answer_sd * rng.normal(size=(n_runs, design.n_items))
    chance = truth.floor + (1 - truth.floor) * expit(ability)
    return rng.binomial(lengths, chance)
