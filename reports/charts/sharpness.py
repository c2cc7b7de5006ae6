"""Atlas: how sharp each ladder is under exact match against how sharp it is under edit similarity."""

from __future__ import annotations

from reports.charts import parts
from reports.drawing import alt
from reports.registry import chart
from reports.theme import color
from reports.verdicts import VERDICTS


@chart(
    "scatter",
    title="Sharpness under exact match against edit similarity",
    question="Sharp under exact match, sharp under edit similarity?",
    reading="one mark a ladder; whiskers: 95 % intervals",
    page="atlas",
    views=("ladder_overview", "metric_description"),
)
def sharpness() -> alt.LayerChart:
    """Threshold lines with quadrant names, whiskers of the ladder pointed at, a mark a ladder."""
    limits = alt.Scale(domain=[0, 1])

    def axis(title: str) -> alt.Axis:
        return alt.Axis(title=title, format="%", tickCount=5, grid=False)

    x = alt.X("x:Q", scale=limits, axis=axis("sharpest gap under exact match, share of the rise"))
    y = alt.Y("y:Q", scale=limits, axis=axis("under edit similarity"))
    names = list(VERDICTS)
    base, threshold = parts.named("pts"), parts.named("thr")
    pointed = base.transform_filter("datum.r === hotrow")
    quadrants = (
        parts.named("quad")
        .transform_filter("width > 300")
        .mark_text(style="quadrant", align="right")
        .encode(x="x:Q", y="y:Q", text="t:N")
    )
    fill = alt.Scale(domain=names, range=[color(VERDICTS[name].token) for name in names])
    shape = alt.Scale(domain=names, range=[VERDICTS[name].shape for name in names])
    tooltip = [
        alt.Tooltip("name:N", title="ladder"),
        alt.Tooltip("family:N"),
        alt.Tooltip("word:N", title="verdict"),
        alt.Tooltip("x:Q", format=".0%", title="exact match"),
        alt.Tooltip("y:Q", format=".0%", title="edit similarity"),
    ]
    return parts.layered(
        parts.named("unit")
        .mark_line(style="diagonal")
        .encode(x=alt.X("a:Q", scale=limits), y=alt.Y("a:Q", scale=limits)),
        threshold.mark_rule(style="floor").encode(x="v:Q"),
        threshold.mark_rule(style="floor").encode(y="v:Q"),
        quadrants,
        pointed.mark_rule(style="hot").encode(x="xl:Q", x2="xh:Q", y="y:Q"),
        pointed.mark_rule(style="hot").encode(y="yl:Q", y2="yh:Q", x="x:Q"),
        base.mark_point(filled=True, strokeWidth=0.9, opacity=0.95).encode(
            x=x,
            y=y,
            fill=alt.Color("verdict:N", scale=fill, legend=None),
            stroke=alt.value(color("ink2")),
            shape=alt.Shape("verdict:N", scale=shape, legend=None),
            size=alt.condition("datum.r === hotrow", alt.value(260), alt.value(118)),
            tooltip=tooltip,
        ),
        height=330,
        signals=[alt.param(name="hotrow", value=-1)],
        brush="brush",
    )
