"""Since which scale each ruler moves: where it leaves its floor, where it reaches half of its range."""

from __future__ import annotations

from reports.charts import parts
from reports.data import LadderData
from reports.drawing import alt
from reports.queries import Row
from reports.registry import Records, chart
from reports.rulers import RULERS, Ruler
from reports.theme import color

LEVELS = ("leaves_floor", "half_range")


def placed(ladder: LadderData, ruler: Ruler) -> list[Row]:
    """Thresholds of a ruler's metric that have a scale."""
    rows = ladder.rows("threshold_by_metric", metric=ladder.metrics[ruler.key])
    return [row for row in rows if row["scale"] is not None]


def unavailable(ladder: LadderData) -> str | None:
    """Nothing rises, or nothing was resampled."""
    if any(placed(ladder, ruler) for ruler in RULERS):
        return None
    reasons = [row["reason"] for row in ladder.rows("threshold_by_metric") if row["reason"]]
    return f"no ruler has a threshold: {reasons[0]}" if reasons else "no thresholds were computed for this ladder"


def records(ladder: LadderData) -> Records:
    """Data set ``onset``: a threshold of a ruler with its interval; an open end stands at the ladder's end."""
    first, last = (ladder.scales[place].value for place in (0, -1))
    return {
        "onset": [
            {
                "o": order,
                "ruler": ruler.label,
                "kind": ruler.kind,
                "level": row["level"],
                "x": parts.rounded(row["scale"]),
                "lo": parts.rounded(first if row["low"] is None else row["low"]),
                "hi": parts.rounded(last if row["high"] is None else row["high"]),
                "open": row["high"] is None,
            }
            for order, ruler in enumerate(RULERS)
            for row in placed(ladder, ruler)
        ]
    }


@chart(
    "onset",
    title="Where each ruler starts to move",
    question="Since which scale do the outputs improve?",
    reading="hollow: has left its floor by a tenth of its range for good; filled: half of its range; "
    "line: 90 % interval over items and training runs",
    views=("threshold_by_metric",),
    unavailable=unavailable,
    records=records,
)
def onset() -> alt.LayerChart:
    """Two lanes a ruler on the ladder's own axis."""
    base = parts.named("onset")
    y = alt.Y(
        "ruler:N",
        sort=alt.EncodingSortField("o", op="min"),
        axis=alt.Axis(title=None, grid=False, domain=False, ticks=False, labelFontSize=11.5, labelLimit=120),
    )
    lane = alt.YOffset("level:N", scale=alt.Scale(domain=list(LEVELS), paddingInner=0.3))
    ink = alt.condition("datum.kind === 'cliff'", alt.value(color("cliff")), alt.value(color("slope")))
    shape = alt.condition("datum.kind === 'cliff'", alt.value("square"), alt.value("circle"))
    tooltip = [
        alt.Tooltip("ruler:N"),
        alt.Tooltip("x:Q", format=".3s", title="scale"),
        alt.Tooltip("lo:Q", format=".3s", title="from"),
        alt.Tooltip("hi:Q", format=".3s", title="to"),
    ]
    shared = {"y": y, "yOffset": lane, "tooltip": tooltip}
    x = parts.own_scale
    mark = base.transform_filter("datum.level === 'half_range'").mark_point(filled=True, size=62, opacity=1)
    open_mark = base.transform_filter("datum.level === 'leaves_floor'").mark_point(
        filled=True, size=58, opacity=1, strokeWidth=1.6
    )
    return parts.layered(
        base.mark_rule(strokeWidth=2.5, strokeCap="round", opacity=0.4).encode(
            x=x("lo"), x2="hi:Q", color=ink, **shared
        ),
        mark.encode(x=x("x"), color=ink, shape=shape, **shared),
        open_mark.encode(x=x("x"), stroke=ink, fill=alt.value(color("panel")), shape=shape, **shared),
        height=230,
        signals=parts.signals(),
    )
