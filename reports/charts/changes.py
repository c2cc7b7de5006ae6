"""Change of exact match and of edit similarity inside each gap, in points, with the limit each still allows."""

from __future__ import annotations

from reports.charts import parts
from reports.data import LadderData
from reports.drawing import alt
from reports.registry import Records, chart
from reports.rulers import RULER
from reports.theme import color

SHOWN = ("em", "es")
NARROW = 300


def unavailable(ladder: LadderData) -> str | None:
    """One scale has no gap."""
    return (
        None
        if ladder.rows("change_by_gap", metric=ladder.metrics["em"])
        else "this ladder has no two scales to compare"
    )


def records(ladder: LadderData) -> Records:
    """Data set ``gaps``: a metric's change inside a gap."""
    return {
        "gaps": [
            {
                "m": key,
                "metric": RULER[key].label,
                "g": row["gap_index"],
                "gap": ladder.gap_label(row["gap_index"]),
                "d": parts.rounded(row["change"], 4),
                "lo": parts.rounded(row["low"], 4),
                "hi": parts.rounded(row["high"], 4),
            }
            for key in SHOWN
            for row in ladder.rows("change_by_gap", metric=ladder.metrics[key])
        ]
    }


def gap_axis(*, beside: bool = False) -> alt.Y:
    """Gaps as rows in order of scale, labelled by both ends.

    Args:
        beside: The chart may stand right of another with the same rows; while it is that narrow it has no labels.
    """
    labels = "gap_labels[datum.value]"
    return alt.Y(
        "g:O",
        axis=alt.Axis(
            title=None,
            grid=False,
            domain=False,
            ticks=False,
            labelExpr=f"containerSize()[0] < {NARROW} ? '' : {labels}" if beside else labels,
            labelFontSize=11.5,
            labelLimit=130,
        ),
    )


def gap_labels() -> alt.Parameter:
    """The page puts both ends of every gap here."""
    return alt.param(name="gap_labels", value=[])


@chart(
    "gaps",
    title="Change inside each gap",
    question="Where could a jump still hide?",
    reading="bar: up to the 97.5 % limit; mark: observed change; square exact match, circle edit similarity",
    views=("change_by_gap",),
    unavailable=unavailable,
    records=records,
)
def changes() -> alt.LayerChart:
    """Two bars a gap on a fixed 0 to 100 points, so that gaps and ladders compare."""
    base = parts.named("gaps").transform_calculate(top="max(datum.hi, 0)")
    lane = alt.YOffset("m:N", scale=alt.Scale(domain=list(SHOWN), paddingInner=0.15))

    def x(field: str) -> alt.X:
        return alt.X(
            f"{field}:Q",
            axis=alt.Axis(
                title="change of the score, in points of 100",
                format="%",
                grid=True,
                values=[0, 0.25, 0.5, 0.75, 1],
                labelExpr="datum.value % 0.5 ? '' : datum.label",
            ),
            scale=alt.Scale(domain=[0, 1], clamp=True),
        )

    def by_metric(cliff: str, slope: str) -> alt.typing.Optional[object]:
        return alt.condition(parts.EXACT_MATCH, alt.value(color(cliff)), alt.value(color(slope)))

    tooltip = [
        alt.Tooltip("gap:N"),
        alt.Tooltip("metric:N"),
        alt.Tooltip("d:Q", format=".1%", title="observed change"),
        alt.Tooltip("hi:Q", format=".1%", title="97.5 % limit"),
    ]
    shared = {"y": gap_axis(), "yOffset": lane, "tooltip": tooltip}
    shape = alt.condition(parts.EXACT_MATCH, alt.value("square"), alt.value("circle"))
    return parts.layered(
        base.mark_bar(cornerRadiusEnd=2).encode(x=x("top"), color=by_metric("cliffbg", "slopebg"), **shared),
        base.mark_tick(thickness=2.5, size=11).encode(x=x("top"), color=by_metric("cliff", "slope"), **shared),
        base.transform_filter("datum.d >= 0")
        .mark_point(filled=True, size=30, opacity=1)
        .encode(x=x("d"), color=by_metric("cliff", "slope"), shape=shape, **shared),
        height=300,
        signals=[*parts.signals(), gap_labels()],
    )
