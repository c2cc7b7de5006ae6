"""The verdict on one ladder: the order of decisions, and the numbers behind it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from metrics.answer_maps import PooledMaps
from metrics.arrays import AnyArray
from metrics.constants import Constants
from metrics.decision import Decision, Evidence, GapJump, Outcome, RunCompounding
from metrics.evidence import base_evidence, clean, onset_evidence, scan_evidence
from metrics.jump_claims import genuine_break, scope_text
from metrics.ladder_data import LadderDataError, TokenData, ladder_data, with_tokens
from metrics.lottery import lottery_evidence, lottery_scales, seed_lottery
from metrics.measure import Measured, Scanned, measure, scan_ladder
from metrics.no_change import guessing_only, no_change, structure_change
from metrics.non_monotone import non_monotone
from metrics.resolution import items_needed, resolution_limited
from metrics.rules import RULES
from metrics.scan import Onset
from metrics.smoothness import (
    EarlyProgress,
    early_progress,
    find_onset,
    late_outcome,
    no_large_jump,
    onset_outcome,
    open_outcome,
    smooth_outcome,
)

__all__ = ["Decision", "LadderDataError", "TokenData", "decide"]


def decide(
    x: AnyArray,
    correct_tokens: AnyArray,
    target_lengths: AnyArray,
    exact_match: AnyArray,
    *,
    score: AnyArray | None = None,
    chance: float = 0.0,
    cluster: AnyArray | None = None,
    tokens: TokenData | None = None,
    constants: Constants | None = None,
) -> Decision:
    """Decide whether a ladder breaks, only seems to, or cannot be judged.

    Args:
        x: log10 of the scale of every run (R,), any order; runs with one x are replicates.
        correct_tokens: Right target tokens of every answer (R, n), max(0, length - edit distance).
        target_lengths: Target tokens of every item (n,).
        exact_match: 1 where the answer is exact, else 0 (R, n).
        score: Smooth score in [0,1] (R, n), such as the probability of the right option; None: token
            accuracy is the smooth metric.
        chance: Exact match by guessing, in [0,1).
        cluster: Whole number of the cluster of every item (n,); None: items are independent.
        tokens: What is known of single tokens: flags by position, guessing floor, log-probabilities. Method 2 only.
        constants: Constants of the procedure; None: the defaults.

    Returns:
        The verdict with its evidence. Ladders that are too short, constant or tiny are undetermined, with the
        reason; nothing in the result is NaN.

    Raises:
        LadderDataError: An array has a wrong shape or a value it cannot have; names the array.
    """
    data = ladder_data(x, correct_tokens, target_lengths, exact_match, score=score, chance=chance, cluster=cluster)
    constants = Constants() if constants is None else constants
    if RULES[constants.method].doubts_floor and chance > 0 and (score is not None or not data.has_tokens):
        data = replace(data, chance_is_floor=True)
    if tokens is not None and tokens.given:
        if not RULES[constants.method].uses_positions:
            known = f"method {constants.method} does not use them; leave them out or set the constant `method` to 2"
            raise LadderDataError(", ".join(tokens.given), known)
        data = with_tokens(data, tokens)
    base = measure(data, constants)
    outcome = _too_short(base)
    if outcome is not None:
        return _unscanned(base, outcome)
    ladder = scan_ladder(base)
    onset, early = find_onset(ladder), early_progress(ladder)
    return _scanned(ladder, onset, early, _decide(ladder, onset, early))


def _decide(ladder: Scanned, onset: Onset | None, early: EarlyProgress) -> Outcome:
    """Steps 1 to 8: the first that speaks decides."""
    outcome = (
        seed_lottery(ladder.base, lottery_scales(ladder.base))
        or no_change(ladder)
        or guessing_only(ladder)
        or non_monotone(ladder)
        or resolution_limited(ladder)
        or genuine_break(ladder)
        or structure_change(ladder, "5 structure")
        or onset_outcome(ladder, onset)
    )
    if outcome is not None:
        return outcome
    if no_large_jump(ladder):
        return late_outcome(early) or smooth_outcome(ladder)
    return open_outcome(ladder)


def _too_short(base: Measured) -> Outcome | None:
    """Step 0: what no statistic can decide."""
    data, constants = base.data, base.constants
    if data.n_scales < constants.least_scales:
        reason = f"too short: {data.n_scales} distinct scales, and fewer than {constants.least_scales} decide nothing"
        needed = (
            f"{constants.least_scales} scales or more over a factor of 10; a break needs {constants.least_break_scales}"
        )
        return Outcome("undetermined", "0 too short", reason, needed=needed)
    if data.decades < constants.least_decades:
        reason = (
            f"too short: the scales span a factor of {10**data.decades:.3g}, and less than "
            f"{10**constants.least_decades:.3g} decides nothing"
        )
        needed = f"scales over a factor of {10**constants.least_decades:.3g} or more"
        return Outcome("undetermined", "0 too short", reason, needed=needed)
    if data.n_independent < 2:
        what = "item" if data.cluster is None else "cluster of items"
        reason = f"one {what} only: nothing tells how much the metrics vary between {what}s"
        return Outcome("undetermined", "0 too few items", reason, needed=f"more than one {what}")
    return None


def _unscanned(base: Measured, outcome: Outcome) -> Decision:
    evidence: Evidence = clean({"decided_by": outcome.step} | base_evidence(base))
    return _decision(base, outcome, evidence)


def _scanned(ladder: Scanned, onset: Onset | None, early: EarlyProgress, outcome: Outcome) -> Decision:
    base = ladder.base
    evidence = clean(
        {"decided_by": outcome.step, "items_needed": items_needed(base)}
        | base_evidence(base)
        | scan_evidence(ladder)
        | (lottery_evidence(lottery_scales(base)) if base.rules.names_lotteries else {})
        | onset_evidence(onset, early, base)
    )
    return _decision(base, outcome, evidence, ladder, early.share)


def _decision(
    base: Measured,
    outcome: Outcome,
    evidence: Evidence,
    ladder: Scanned | None = None,
    early_share: float | None = None,
) -> Decision:
    points, compounding, jumps = base.points, base.compounding, None if ladder is None else ladder.jumps
    best = None if jumps is None else jumps.best
    return Decision(
        verdict=outcome.verdict,
        kind=outcome.kind,
        reason=outcome.reason,
        lean=outcome.lean,
        needed=outcome.needed,
        scope=None if best is None else scope_text(points, best),
        looks_emergent=None if base.emergence is None else base.emergence.looks_emergent,
        gap_index=None if best is None else int(points.scale_index[best]),
        jump_low=None if jumps is None else float(jumps.low[best]),
        jump_median=None if jumps is None else float(jumps.median[best]),
        jump_high=None if jumps is None else float(jumps.high[best]),
        largest_allowed_jump=None if jumps is None else jumps.largest_allowed,
        allowed_jump_limit=None if ladder is None else ladder.allowed_jump_limit,
        smooth_rise=base.smooth_rise,
        exact_match_rise=float(base.exact_level.max() - base.exact_level[0]),
        run_sd=None if ladder is None else ladder.run_sd,
        early_share=early_share,
        own_miss=None if compounding is None else float(compounding.own_miss.max()),
        constant_miss=None if compounding is None else float(compounding.constant_miss.max()),
        break_tail=None if ladder is None else _break_tail(ladder),
        jumps=() if ladder is None else _gap_jumps(ladder),
        compounding=_run_compounding(base),
        evidence=evidence,
    )


def _break_tail(ladder: Scanned) -> float:
    base = ladder.base
    return ladder.scan.tail(base.rules.claim_families, ladder.jumps.best, base.constants.least_break_jump)


def _gap_jumps(ladder: Scanned) -> tuple[GapJump, ...]:
    points, jumps = ladder.base.points, ladder.jumps
    admissible = points.admissible
    return tuple(
        GapJump(
            int(points.scale_index[gap]),
            float(jumps.low[gap]),
            float(jumps.median[gap]),
            float(jumps.high[gap]),
            bool(admissible[gap]),
        )
        for gap in np.flatnonzero(points.distinct)
    )


def _run_compounding(base: Measured) -> tuple[RunCompounding, ...]:
    """One row a run, in the order of the caller's arrays."""
    found = base.compounding
    if found is None:
        return ()
    data, errors = base.data, found.errors
    accuracy = data.correct.sum(1) / data.lengths.sum()
    columns = np.stack(
        [
            base.exact_match,
            accuracy,
            PooledMaps.of(accuracy, data.lengths).independent(),
            found.own_low,
            found.own_high,
            found.constant_low,
            found.constant_high,
            found.own_miss,
            found.constant_miss,
            errors.correlation,
            errors.answer_sd,
            errors.burst,
        ],
        axis=1,
    )
    rows = np.empty_like(columns)
    rows[data.order] = columns
    return tuple(RunCompounding(*map(float, row)) for row in rows)
