"""Atlas: the share of ladders that look emergent under each ruler."""

from __future__ import annotations

from reports.charts import parts
from reports.drawing import alt
from reports.registry import chart
from reports.theme import color


@chart(
    "share",
    title="Share of rising ladders that look emergent, by metric",
    question="Which metrics show emergence?",
    reading="95 % Wilson intervals",
    page="atlas",
    views=("metric_description", "verdict"),
)
def emergence() -> alt.LayerChart:
    """A dot and an interval a metric, labelled by its counts."""
    base = parts.named("share")
    is_cliff = "datum.kind === 'cliff'"
    y = alt.Y(
        "label:N",
        sort=alt.EncodingSortField("v", order="descending"),
        axis=alt.Axis(title=None, grid=False, ticks=False, domain=False, labelFontSize=12.5, labelLimit=140),
    )

    def x(field: str) -> alt.X:
        return alt.X(
            f"{field}:Q",
            scale=alt.Scale(domain=[0, 1]),
            axis=alt.Axis(format="%", title="share of the ladders that rise under the metric", tickCount=5, grid=True),
        )

    ink = alt.condition(is_cliff, alt.value(color("cliff")), alt.value(color("slope")))
    shape = alt.condition(is_cliff, alt.value("square"), alt.value("circle"))
    tooltip = [alt.Tooltip("label:N"), alt.Tooltip("txt:N", title="ladders")]
    return parts.layered(
        base.mark_rule(strokeWidth=3, strokeCap="round", opacity=0.35).encode(y=y, x=x("lo"), x2="hi:Q", color=ink),
        base.mark_point(filled=True, size=120, opacity=1).encode(
            y=y, x=x("v"), color=ink, shape=shape, tooltip=tooltip
        ),
        base.mark_text(align="center", dy=-14, fontSize=11.5).encode(y=y, x=x("v"), text="txt:N"),
        height=330,
    )
