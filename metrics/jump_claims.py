"""Step 4: a jump of the smooth metric that no smooth family explains."""

from __future__ import annotations

from metrics.decision import Outcome
from metrics.ladder_data import Points
from metrics.measure import Scanned
from metrics.wording import scale_text, share_text


def gap_text(points: Points, gap: int) -> str:
    """The two scales beside a gap."""
    return f"{scale_text(points.x[gap])} and {scale_text(points.x[gap + 1])}"


def runs_beside(points: Points, gap: int) -> tuple[int, int]:
    """Number of runs at the two scales beside a gap."""
    below, above = points.scale_index[gap], points.scale_index[gap + 1]
    return (
        int(points.n_runs[points.scale_index == below].sum()),
        int(points.n_runs[points.scale_index == above].sum()),
    )


def scope_text(points: Points, gap: int) -> str:
    """What runs a jump at this gap speaks of."""
    below, above = runs_beside(points, gap)
    if below > 1 and above > 1:
        return f"replicated at both sides of the gap ({below} and {above} runs)"
    if below == 1 and above == 1:
        return "in this ladder, one run at each scale beside the gap"
    return f"in this ladder, {below} and {above} runs at the scales beside the gap"


def jump_claimed(ladder: Scanned) -> bool:
    """True if the lower bound of a jump at an admissible gap exceeds what a break needs."""
    base, constants = ladder.base, ladder.base.constants
    long_enough = base.points.n_scales >= constants.least_break_scales
    return long_enough and bool(ladder.jumps.low[ladder.jumps.best] > constants.least_break_jump)


def genuine_break(ladder: Scanned) -> Outcome | None:
    """Decide a ladder with a claimed jump; None if no jump is claimed."""
    if not jump_claimed(ladder):
        return None
    return _silent_below(ladder) or _confirmed(ladder)


def _silent_below(ladder: Scanned) -> Outcome | None:
    """The metric must be off zero below the jump, or it says nothing there."""
    base, gap, constants = ladder.base, ladder.jumps.best, ladder.base.constants
    level = float(base.level[gap])
    if level >= constants.least_level_below_break:
        return None
    reason = (
        f"the smooth metric jumps between scales {gap_text(base.points, gap)}, but is at {share_text(level)} below "
        f"the jump, under {share_text(constants.least_level_below_break)}, and so says nothing there"
    )
    needed = (
        f"log-probabilities of the targets, or an easier smooth metric that is above "
        f"{share_text(constants.least_level_below_break)} at scale {scale_text(base.points.x[gap])}"
    )
    return Outcome("undetermined", "4 silent below the jump", reason, lean="break", needed=needed)


def _confirmed(ladder: Scanned) -> Outcome:
    points, jumps = ladder.base.points, ladder.jumps
    reason = (
        f"the smooth metric jumps between scales {gap_text(points, jumps.best)} by at least "
        f"{jumps.low[jumps.best]:.2f} logit (median {jumps.median[jumps.best]:.2f}) beyond every smooth curve; "
        f"{scope_text(points, jumps.best)}"
    )
    return Outcome("genuine_break", "4 break", reason)
