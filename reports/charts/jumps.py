"""The jump of the smooth metric that each gap still allows, in logit, against what the verdicts need."""

from __future__ import annotations

from reports.charts import parts
from reports.charts.changes import gap_axis, gap_labels
from reports.data import LadderData
from reports.drawing import alt
from reports.registry import Records, chart


def unavailable(ladder: LadderData) -> str | None:
    """Short ladders are not scanned for jumps."""
    return None if ladder.rows("jump_by_gap") else f"no jump was searched for: {ladder.overview['reason']}"


def records(ladder: LadderData) -> Records:
    """Data sets ``jumps`` (a gap's bounds) and ``bounds`` (what a break and a smooth verdict need)."""
    overview = ladder.overview
    bounds = [
        {"v": overview["allowed_jump_limit"], "t": "smooth"},
        {"v": ladder.constants.get("least_break_jump"), "t": "break"},
    ]
    return {
        "jumps": [
            {
                "g": row["gap_index"],
                "gap": ladder.gap_label(row["gap_index"]),
                "lo": parts.rounded(row["low"], 4),
                "mid": parts.rounded(row["median"], 4),
                "hi": parts.rounded(row["high"], 4),
                "ok": row["admissible"],
            }
            for row in ladder.rows("jump_by_gap")
        ],
        "bounds": [row | {"v": parts.rounded(row["v"], 4)} for row in bounds if row["v"] is not None],
    }


@chart(
    "jumps",
    title="Jump each gap still allows",
    reading="line: bounds of the jump on top of every smooth curve; dotted line: an outer gap, never a claim; "
    "dashed rule: a smooth verdict needs every line left of it; dotted rule: a break needs one right of it",
    views=("jump_by_gap",),
    unavailable=unavailable,
    records=records,
)
def jumps() -> alt.LayerChart:
    """One interval a gap; two dashed limits."""
    base, bounds = parts.named("jumps"), parts.named("bounds")

    def x(field: str) -> alt.X:
        return alt.X(
            f"{field}:Q",
            axis=alt.Axis(title="jump of the smooth metric, in logit", grid=True, tickCount=5),
            scale=alt.Scale(zero=True, nice=True),
        )

    tooltip = [
        alt.Tooltip("gap:N"),
        alt.Tooltip("lo:Q", format=".2f", title="at least"),
        alt.Tooltip("mid:Q", format=".2f", title="median"),
        alt.Tooltip("hi:Q", format=".2f", title="at most"),
    ]
    dash = alt.condition("datum.ok", alt.value([1, 0]), alt.value([2, 3]))
    return parts.layered(
        bounds.transform_filter("datum.t === 'smooth'").mark_rule(style="floor").encode(x=x("v")),
        bounds.transform_filter("datum.t === 'break'").mark_rule(style="chance").encode(x=x("v")),
        base.mark_rule(style="line-slope", strokeWidth=2).encode(
            x=x("lo"), x2="hi:Q", y=gap_axis(beside=True), strokeDash=dash, tooltip=tooltip
        ),
        base.mark_tick(style="cap-slope", thickness=2, size=9).encode(
            x=x("hi"), y=gap_axis(beside=True), tooltip=tooltip
        ),
        base.mark_point(style="mean-slope", size=34).encode(x=x("mid"), y=gap_axis(beside=True), tooltip=tooltip),
        height=300,
        signals=[*parts.signals(), gap_labels()],
    )
