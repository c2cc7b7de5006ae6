"""The same task asked in other ways: answer only beside step by step, with more or fewer examples."""

from __future__ import annotations

from reports.charts import parts
from reports.data import LadderData
from reports.drawing import alt
from reports.registry import Records, chart
from reports.theme import color


def unavailable(ladder: LadderData) -> str | None:
    """Only one way was asked."""
    if ladder.rows("ways"):
        return None
    return "this study asks the task in one way only"


def records(ladder: LadderData) -> Records:
    """Data set ``ways``: exact match of a way of asking at a scale of this ladder's axis."""
    return {
        "ways": [
            {
                "w": row["way"],
                "o": row["place"],
                "x": parts.rounded(row["scale"]),
                "v": parts.rounded(row["value"], 4),
                "lo": parts.rounded(row["low"], 4),
                "hi": parts.rounded(row["high"], 4),
            }
            for row in ladder.rows("ways")
        ]
    }


@chart(
    "ways",
    title="Exact match by the way of asking",
    question="Does it help to ask in another way?",
    reading="one line a way of asking; band: 95 % interval over items and training runs",
    views=("score_by_scale", "ladder_overview"),
    unavailable=unavailable,
    records=records,
)
def ways() -> alt.LayerChart:
    """One line with its band a way; this ladder's first."""
    rows = parts.named("ways")
    x, y = parts.own_scale("x"), parts.share_axis
    order = alt.EncodingSortField("o", op="min")
    inks = alt.Scale(range=[color(token) for token in ("cliff", "slope", "genuine", "r3")])
    shade = alt.Color(
        "w:N", scale=inks, sort=order, legend=alt.Legend(title=None, orient="top-left", labelLimit=220, symbolOpacity=1)
    )
    shape = alt.Shape("w:N", sort=order, legend=None)
    tooltip = [alt.Tooltip("w:N", title="asked"), alt.Tooltip("v:Q", format=".1%", title="exact match")]
    return parts.layered(
        rows.mark_area(opacity=0.14).encode(x=x, y=y("lo"), y2="hi:Q", color=shade),
        rows.mark_line(strokeWidth=2).encode(x=x, y=y("v", "exact match"), color=shade),
        rows.mark_point(filled=True, size=62, opacity=1, stroke=color("panel"), strokeWidth=1.2).encode(
            x=x, y=y("v"), color=shade, shape=shape, tooltip=tooltip
        ),
        height=270,
        signals=parts.signals(),
    )
