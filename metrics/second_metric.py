"""A second smooth metric beside a likelihood or a score: both are asked with one error budget.

Where target log-probabilities are known, token accuracy tells the same story in another way, and each decides ladders
that the other cannot. The tail probabilities of a break claim and of the bounds on jumps are divided evenly over the
two, so what both can claim wrongly together is what one alone could.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from metrics.decision import Evidence, Outcome
from metrics.evidence import clean
from metrics.jump_claims import gap_text, jump_claimed
from metrics.measure import Measured, smooth_curve
from metrics.no_change import exact_match_rises, guessing_only
from metrics.scan import scan_jumps, smooth_families
from metrics.scanned import Scanned
from metrics.smoothness import EarlyProgress

_SMOOTH = ("smooth", "mirage", "smooth_in_logit")
_OPEN_JUMP = ("8 jump not excluded", "7 score map")
_OPEN_BREAK = ("4 run noise", "4 runs overlap", "4 silent below the jump")
_LEAST_CHANGES = 3.0
ROUTES = 2


@dataclass(frozen=True)
class Judged:
    """What one metric says.

    Attributes:
        ladder: The scans.
        early: Progress in the lower half of the axis.
        outcome: Where the steps of the decision end.
    """

    ladder: Scanned
    early: EarlyProgress
    outcome: Outcome


def first_and_second(base: Measured) -> tuple[Measured, Measured | None]:
    """The ladder by its smooth metric, and by token accuracy; None: the first has the whole budget.

    Answers of one token have no second one: exact match by itself says so much less than their probability that
    sharing the budget with it loses more ladders than it decides.
    """
    data = base.data
    if not base.rules.asks_second_metric or not data.has_tokens or (data.log_likelihood is None and data.score is None):
        return base, None
    constants = replace(
        base.constants,
        break_tail=base.constants.break_tail / ROUTES,
        allowed_jump_tail=base.constants.allowed_jump_tail / ROUTES,
    )
    counts = replace(
        data,
        log_likelihood=None,
        unigram=None,
        score=None,
        chance_is_floor=False,
    )
    curve = smooth_curve(counts, constants)
    points = base.points
    second = replace(
        base,
        data=counts,
        constants=constants,
        curve=curve,
        level=points.average(curve.level),
        logit=points.average(curve.logit),
    )
    return replace(base, constants=constants), second


def with_second_metric(
    first: Judged, second: Measured, judge: Callable[[Measured], Judged]
) -> tuple[Outcome, Judged | None]:
    """Put what two metrics say together.

    A break that one shows stands unless the other rules out a jump of that size there. What one leaves open, the other
    may decide. A smooth verdict does not stand against a break of the other. Likelihood that rises while accuracy
    stays at guessing is no ability.

    Args:
        first: What the smooth metric says.
        second: The ladder by its second metric.
        judge: Scans it; asked only where it can change what the first says.

    Returns:
        The outcome, and what the second metric says where it was asked.
    """
    outcome = first.outcome
    unmoved = _gain_without_accuracy(first, second)
    if unmoved is not None:
        return unmoved, None
    if outcome.verdict in _SMOOTH and _may_jump(first.ladder, second):
        other = judge(second)
        return (_disagree(other, first) if other.outcome.verdict == "genuine_break" else outcome), other
    if outcome.verdict == "genuine_break":
        other = judge(second)
        return (_disagree(first, other) if _excludes(other.ladder, first.ladder) else outcome), other
    if outcome.step in _OPEN_JUMP or outcome.step in _OPEN_BREAK:
        other = judge(second)
        return _decided_by(other, first) or outcome, other
    return outcome, None


def _gain_without_accuracy(first: Judged, second: Measured) -> Outcome | None:
    """Likelihood rises, and accuracy is nowhere above guessing: format or calibration."""
    claims = first.outcome.verdict in (*_SMOOTH, "genuine_break", "resolution_limited")
    if first.ladder.base.data.log_likelihood is None or not (claims or first.outcome.step in _OPEN_JUMP):
        return None
    if exact_match_rises(first.ladder):
        return None
    found = guessing_only(second)
    if found is None:
        return None
    return replace(found, reason=f"log-likelihood rises without token accuracy: {found.reason}")


def _may_jump(ladder: Scanned, second: Measured) -> bool:
    """Whether the second metric may show a jump: a parabola is tried, and only where it changes by enough."""
    constants, points = second.constants, second.points
    if points.n_scales < constants.least_break_scales:
        return False
    gaps = np.flatnonzero(points.admissible)
    if np.diff(second.logit)[gaps].max() <= _LEAST_CHANGES * constants.least_break_jump:
        return False
    scan = scan_jumps(
        second.data.x,
        second.curve,
        points.gaps[gaps],
        smooth_families(second.data.x, ("F2",), constants),
        constants,
        weight=ladder.run_weight,
    )
    low = scan.quantiles(("F2",), ladder.jumps.claim_tail)["F2"]
    return bool(low.max() > constants.least_break_jump)


def _excludes(ladder: Scanned, shown: Scanned) -> bool:
    """True if one metric rules out a jump as large as the other shows at least, at its gap."""
    gap = shown.jumps.best
    return bool(ladder.jumps.readable[gap] and ladder.jumps.high[gap] < shown.jumps.low[gap])


def _disagree(breaking: Judged, smooth: Judged) -> Outcome:
    """One metric shows a break that the other does not have."""
    jumps, points = breaking.ladder.jumps, breaking.ladder.base.points
    gap = jumps.best
    reason = (
        f"the smooth metrics disagree: {_named(breaking)} jumps between scales {gap_text(points, gap)} by at least "
        f"{jumps.low[gap]:.2f} logit beyond every smooth curve, while {_named(smooth)} rules out a jump there above "
        f"{smooth.ladder.jumps.high[gap]:.2f} logit"
    )
    needed = f"replicate runs at scales {gap_text(points, gap)}, and outputs and log-probabilities of one set-up"
    return Outcome("undetermined", "8b metrics disagree", reason, lean="break", needed=needed)


def _decided_by(other: Judged, first: Judged) -> Outcome | None:
    """What the second metric decides of a ladder that the first leaves open."""
    found, name = other.outcome, _named(other)
    left_open = f"by {_named(first)} alone this is open ({first.outcome.reason})"
    if found.verdict == "genuine_break":
        if _excludes(first.ladder, other.ladder):
            return _disagree(other, first)
        return replace(found, step="8b second metric", reason=f"by {name}: {found.reason}; {left_open}")
    may = first.outcome.step in _OPEN_JUMP and first.early.enough and not jump_claimed(first.ladder)
    if found.verdict in _SMOOTH and may:
        return replace(found, step="8b second metric", reason=f"by {name}: {found.reason}; {left_open}")
    return None


def _named(judged: Judged) -> str:
    data = judged.ladder.base.data
    if data.log_likelihood is not None:
        return "log-likelihood"
    return "the score" if data.score is not None else "token accuracy"


def second_evidence(first: Scanned, second: Measured | None, asked: Judged | None) -> Evidence:
    """Numbers of the second metric, and how many share the error budget."""
    if second is None:
        return {"routes": 1.0} if first.base.rules.asks_second_metric else {}
    found: dict[str, object] = {
        "routes": float(ROUTES),
        "second_metric": "token_accuracy",
        "second_asked": asked is not None,
        "second_smooth_level": second.curve.level,
        "second_smooth_logit": second.curve.logit,
        "second_smooth_logit_se": second.curve.logit_se,
    }
    if asked is not None:
        jumps, gap = asked.ladder.jumps, asked.ladder.jumps.best
        found |= {
            "second_verdict": asked.outcome.verdict,
            "second_decided_by": asked.outcome.step,
            "second_run_sd": asked.ladder.run_sd,
            "second_gap": float(gap),
            "second_jump_low": jumps.low[gap],
            "second_jump_median": jumps.median[gap],
            "second_jump_high": jumps.high[gap],
            "second_largest_allowed_jump": jumps.largest_allowed,
            "second_allowed_jump_limit": asked.ladder.allowed_jump_limit,
            "second_early_share": asked.early.share,
        }
    return clean(found)
