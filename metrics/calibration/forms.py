"""True curves of simulated ladders: how the ability of every run, item and position depends on scale."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np

from metrics.arrays import Floats, Ints
from metrics.special import expit


@dataclass(frozen=True)
class Design:
    """What kind of study is simulated.

    Attributes:
        n_scales: Distinct scales.
        n_runs: Runs at every scale.
        n_items: Items answered by every run.
        length: Mean target length in tokens; lengths vary by 40 % around it. 1: every target has one token.
        run_sd: Spread between runs at rest, logit.
        peak: How many times larger that spread is where the curve is steepest; 1: the same everywhere.
        log_probabilities: Whether the log-probability of every target token is known.
        cluster_size: Items of one source, which share their difficulty and their luck; 1: items are independent.
    """

    n_scales: int = 8
    n_runs: int = 1
    n_items: int = 500
    length: int = 4
    run_sd: float = 0.1
    peak: float = 1.0
    log_probabilities: bool = False
    cluster_size: int = 1


@dataclass(frozen=True)
class Shape:
    """The true ability of the runs and what else differs between them; logit unless said otherwise.

    Attributes:
        ability: Of every run (R,).
        by_item: Added for every run and item (R, n) or (1, n).
        by_position: Added for every run and position (R, P) or (1, P).
        answer_sd: Spread of bursts between answers of every run (R,).
        rubbish: Share of answers of every run that are out of format (R,).
        insertions: Share of answers of every run with a superfluous token (R,).
        cascade: Chance that a token after an error is wrong as well.
        gap: Gap of the true break over distinct scales; None: the truth is smooth.
        jump: Size of the true break.
        broken: What the break adds to the logit of every run, item and position (R, n, P), each axis of its length
            or 1; None: the truth is smooth.
    """

    ability: Floats
    by_item: Floats
    by_position: Floats
    answer_sd: Floats
    rubbish: Floats
    insertions: Floats
    cascade: float = 0.0
    gap: int | None = None
    jump: float = 0.0
    broken: Floats | None = None


N_SUBJECTS = 5
Rng = np.random.Generator
Form = Callable[[Rng, Floats, Shape, float], Shape]


def plain(rng: Rng, x: Floats, n_items: int, n_positions: int) -> Shape:
    """Where every form starts: items and positions of some difficulty, bursts, early rubbish, no ability."""
    runs = len(x)
    difficulty = rng.choice([0.0, 0.7, 1.4]) * rng.normal(size=n_items)
    positions = rng.choice([0.0, 0.7, 1.4]) * rng.normal(size=n_positions)
    rubbish = rng.choice([0.0, 0.3]) * expit(2.5 * (0.3 * _span(x) - (x - x[0])))
    return Shape(
        np.zeros(runs),
        difficulty[None],
        (positions - positions.mean())[None],
        np.full(runs, rng.choice([0.0, 0.8])),
        rubbish,
        np.zeros(runs),
    )


def _span(x: Floats) -> float:
    return float(x[-1] - x[0])


def _middle(rng: Rng, x: Floats, low: float, high: float) -> float:
    return float(x[0] + rng.uniform(low, high) * _span(x))


def _line(rng: Rng, x: Floats, shape: Shape, jump: float) -> Shape:
    """A straight line in logit."""
    return replace(shape, ability=rng.uniform(0.5, 3.5) + rng.uniform(0.7, 2.8) * (x - x[-1]))


def _power_law(rng: Rng, x: Floats, shape: Shape, jump: float) -> Shape:
    """Loss per token falls as a power of scale: accuracy exp(-c N^-alpha)."""
    loss = rng.uniform(0.02, 0.4) * 10 ** (-rng.uniform(0.15, 0.7) * (x - x[-1]))
    return replace(shape, ability=_from_loss(loss))


def _gompertz(rng: Rng, x: Floats, shape: Shape, jump: float) -> Shape:
    """Loss falls exponentially in log scale from a middle of the ladder: steep where accuracy leaves zero."""
    return replace(shape, ability=_from_loss(np.exp(-rng.uniform(0.6, 2.2) * (x - _middle(rng, x, 0.3, 0.6)))))


def _from_loss(loss: Floats) -> Floats:
    return np.asarray(np.clip(-np.log(np.expm1(np.clip(loss, 1e-6, 12))), -12, 12))


def _two_groups(rng: Rng, x: Floats, shape: Shape, jump: float) -> Shape:
    """Easy and hard items, each along its own line."""
    hard = rng.random(shape.by_item.shape[1]) < rng.uniform(0.3, 0.7)
    ability = rng.uniform(1.2, 3.0) * (x - _middle(rng, x, 0.2, 0.45))
    return replace(shape, ability=ability, by_item=0.5 * shape.by_item - hard * rng.uniform(1.0, 4.0))


def _item_slopes(rng: Rng, x: Floats, shape: Shape, jump: float) -> Shape:
    """Every item along a line of its own slope."""
    slopes = np.clip(rng.uniform(0.8, 2.8) * (1 + 0.25 * rng.normal(size=shape.by_item.shape[1])), 0.2, 4.4)
    lines = rng.uniform(0.5, 3.0) + np.outer(x - x[-1], slopes)
    return replace(shape, by_item=shape.by_item + lines)


def _staggered(rng: Rng, x: Floats, shape: Shape, jump: float) -> Shape:
    """Every position along a logistic of its own, middles spread over the ladder."""
    middles = x[0] + rng.uniform(0.1, 0.85, shape.by_position.shape[1]) * _span(x)
    return replace(shape, by_position=rng.uniform(1.3, 3.5) * (x[:, None] - middles))


def _easy_and_hard_positions(rng: Rng, x: Floats, shape: Shape, jump: float) -> Shape:
    """Some positions are learned early and the others late."""
    late = rng.random(shape.by_position.shape[1]) < 0.5
    middles = np.where(late, _middle(rng, x, 0.5, 0.8), _middle(rng, x, 0.1, 0.35))
    return replace(shape, by_position=rng.uniform(1.3, 3.2) * (x[:, None] - middles))


def _inserting(rng: Rng, x: Floats, shape: Shape, jump: float) -> Shape:
    """A line, and superfluous tokens that become rare: every later position is off by one."""
    made = _line(rng, x, shape, jump)
    return replace(made, insertions=rng.uniform(0.2, 0.6) * expit(1.5 * (_middle(rng, x, 0.2, 0.6) - x)))


def _cascading(rng: Rng, x: Floats, shape: Shape, jump: float) -> Shape:
    """A line; what follows an error is often wrong as well."""
    return replace(_line(rng, x, shape, jump), cascade=rng.uniform(0.2, 0.5))


def _format_and_ability(rng: Rng, x: Floats, shape: Shape, jump: float) -> Shape:
    """A line under answers of which fewer and fewer are out of format."""
    made = _line(rng, x, shape, jump)
    return replace(made, rubbish=rng.uniform(0.3, 0.7) * expit(1.8 * (_middle(rng, x, 0.2, 0.5) - x)))


def _after(rng: Rng, x: Floats) -> tuple[int, Floats]:
    """A gap with two distinct scales on either side, and 1 for the runs beyond it (R,)."""
    scales = np.unique(x)
    gap = int(rng.integers(1, len(scales) - 2))
    return gap, (x > scales[gap] + 1e-9).astype(np.float64)


def _step(rng: Rng, x: Floats, shape: Shape, jump: float) -> Shape:
    """A jump of every token between two scales, on a gentle line."""
    gap, after = _after(rng, x)
    ability = rng.uniform(1.0, 3.0) + rng.uniform(0.1, 1.0) * (x - x[-1]) + jump * (after - 1)
    return replace(shape, ability=ability, gap=gap, jump=jump, broken=(jump * after)[:, None, None])


def _step_on_curve(rng: Rng, x: Floats, shape: Shape, jump: float) -> Shape:
    """A jump on top of a logistic as steep as many smooth ladders."""
    gap, after = _after(rng, x)
    ability = rng.uniform(0.8, 2.0) * (x - _middle(rng, x, 0.3, 0.6)) + jump * (after - 0.5)
    return replace(shape, ability=ability, gap=gap, jump=jump, broken=(jump * after)[:, None, None])


def _switch(rng: Rng, x: Floats, shape: Shape, jump: float) -> Shape:
    """Most items become nearly certain between two scales: a new strategy."""
    gap, after = _after(rng, x)
    ability = rng.uniform(-0.6, 0.8) + rng.uniform(0.1, 0.8) * (x - x[-1])
    switched = rng.random(shape.by_item.shape[1]) < rng.uniform(0.6, 0.9)
    gained = np.outer(after, switched) * (4.5 - ability[:, None])
    by_item = 0.5 * shape.by_item + gained
    return replace(shape, ability=ability, by_item=by_item, gap=gap, jump=jump, broken=gained[:, :, None])


def _step_of_positions(rng: Rng, x: Floats, shape: Shape, jump: float) -> Shape:
    """A jump at some positions only; the others rise gently. The mean sees a diluted jump."""
    gap, after = _after(rng, x)
    hit = np.asarray(rng.random(shape.by_position.shape[1]) < 0.6)
    hit[0] |= not bool(hit.any())
    ability = rng.uniform(1.0, 3.0) + rng.uniform(0.1, 0.9) * (x - x[-1])
    gained = jump * np.outer(after, hit)
    moved = shape.by_position + gained - jump * hit
    return replace(shape, ability=ability, by_position=moved, gap=gap, jump=jump, broken=gained[:, None])


def _step_of_items(rng: Rng, x: Floats, shape: Shape, jump: float) -> Shape:
    """A jump of the items of some subjects only; the others rise gently."""
    gap, after = _after(rng, x)
    hit = subjects(shape.by_item.shape[1]) < rng.integers(1, 3)
    ability = rng.uniform(1.0, 3.0) + rng.uniform(0.1, 0.9) * (x - x[-1])
    gained = jump * np.outer(after, hit)
    return replace(
        shape,
        ability=ability,
        by_item=shape.by_item + gained - jump * hit,
        gap=gap,
        jump=jump,
        broken=gained[:, :, None],
    )


def subjects(n_items: int) -> Ints:
    """The subject of every item (n,), one of five of about as many items."""
    return np.arange(n_items, dtype=np.int64) * N_SUBJECTS // n_items


def _kink(rng: Rng, x: Floats, shape: Shape, jump: float) -> Shape:
    """Flat, then rising steeply from some scale on."""
    bend = _middle(rng, x, 0.3, 0.6)
    return replace(shape, ability=rng.uniform(-2.0, 0.0) + rng.uniform(3.0, 6.0) * np.clip(x - bend, 0, None))


def _lottery(rng: Rng, x: Floats, shape: Shape, jump: float) -> Shape:
    """Every run finds the ability or does not, by chance; the chance rises smoothly with scale."""
    has = rng.random(len(x)) < expit(rng.uniform(1.5, 3.0) * (x - _middle(rng, x, 0.4, 0.6)))
    return replace(shape, ability=rng.uniform(-2.0, -1.0) + 0.3 * (x - x[0]) + 5.0 * has)


def _flat(rng: Rng, x: Floats, shape: Shape, jump: float) -> Shape:
    """Nothing changes."""
    still = np.full(len(x), rng.choice([-9.0, -1.0, 1.0]))
    return replace(shape, ability=still, rubbish=np.zeros(len(x)))


def _format_only(rng: Rng, x: Floats, shape: Shape, jump: float) -> Shape:
    """Format is learned and the ability never is."""
    rubbish = 0.7 * expit(rng.uniform(1.5, 2.5) * (_middle(rng, x, 0.3, 0.5) - x))
    return replace(shape, ability=np.full(len(x), -9.0), rubbish=rubbish)


def _turning(rng: Rng, x: Floats, shape: Shape, jump: float) -> Shape:
    """Falls and rises again by two to three logit."""
    depth = rng.uniform(2.0, 3.0)
    place = (x - _middle(rng, x, 0.4, 0.6)) / (0.5 * _span(x))
    return replace(shape, ability=rng.uniform(1.0, 2.5) - depth + depth * place**2, rubbish=np.zeros(len(x)))


SMOOTH: Mapping[str, Form] = MappingProxyType(
    {
        "line": _line,
        "power_law": _power_law,
        "gompertz": _gompertz,
        "two_groups": _two_groups,
        "item_slopes": _item_slopes,
        "staggered": _staggered,
        "easy_and_hard": _easy_and_hard_positions,
        "inserting": _inserting,
        "cascading": _cascading,
        "format_and_ability": _format_and_ability,
    }
)
BREAKS: Mapping[str, Form] = MappingProxyType({"step": _step, "step_on_curve": _step_on_curve, "switch": _switch})
OTHERS: Mapping[str, Form] = MappingProxyType(
    {
        "step_of_positions": _step_of_positions,
        "step_of_items": _step_of_items,
        "kink": _kink,
        "lottery": _lottery,
        "flat": _flat,
        "format_only": _format_only,
        "turning": _turning,
    }
)
FORMS: Mapping[str, Form] = MappingProxyType({**SMOOTH, **BREAKS, **OTHERS})
"""Every form; those of `OTHERS` are neither smooth in the sense of the verdict nor breaks of the whole metric."""
