"""Items a first exact answer would take at each scale, against the items this test has."""

from __future__ import annotations

from reports import numbers
from reports.charts import parts
from reports.data import LadderData
from reports.drawing import alt
from reports.registry import Records, chart

MOST = 1_000_000


def unavailable(ladder: LadderData) -> str | None:
    """Without an expectation of exact match nothing says how many items it would take."""
    rows = ladder.rows("resolution_by_scale")
    if any(row["n_needed"] is not None for row in rows):
        return None
    return "neither log-probabilities nor compounding say how likely an exact answer is"


def records(ladder: LadderData) -> Records:
    """Data sets ``res`` (a scale) and ``have``, the size of this test."""
    n_items = ladder.overview["n_items"]
    return {
        "res": [
            {
                "i": row["scale_index"],
                "need": parts.rounded(max(row["n_needed"], 1.0), 4),
                "hidden": bool(row["out_of_reach"]),
            }
            for row in ladder.rows("resolution_by_scale")
            if row["n_needed"] is not None
        ],
        "have": [{"have": n_items, "lab": f"beyond the {numbers.plural(n_items, 'item')} of this test"}],
    }


@chart(
    "res",
    title="Items for a first success",
    question="How many items would show the first success?",
    reading="95 % chance of one exact answer; hollow: out of reach of this test; triangle: over 1M",
    views=("resolution_by_scale",),
    unavailable=unavailable,
    records=records,
)
def resolution() -> alt.LayerChart:
    """A line on a logarithmic axis, with the zone this test cannot see."""
    scale = alt.Scale(type="log", domain=[1, MOST], clamp=True)

    def y(field: str) -> alt.Y:
        return alt.Y(f"{field}:Q", scale=scale, axis=alt.Axis(title="items needed", format="~s", tickCount=6))

    x, rows, have = parts.x_scale(), parts.along_axis("res"), parts.named("have")
    label = have.mark_text(style="note", align="right", baseline="top", dy=4, dx=-4)
    return parts.layered(
        have.mark_rect(style="zone").encode(y=y("have"), y2=alt.datum(MOST)),
        have.mark_rule(style="floor").encode(y=y("have")),
        rows.mark_line(style="line-cliff", strokeWidth=1.5, opacity=0.55).encode(x=x, y=y("need")),
        parts.crosshair(),
        rows.transform_filter(f"datum.need > {MOST}")
        .mark_point(shape="triangle-up", style="open-cliff")
        .encode(x=x, y=y("need")),
        rows.transform_filter(f"datum.hidden && datum.need <= {MOST}")
        .mark_point(style="open-cliff")
        .encode(x=x, y=y("need")),
        rows.transform_filter(f"!datum.hidden && datum.need <= {MOST}")
        .mark_point(style="mean-cliff")
        .encode(x=x, y=y("need")),
        label.encode(y=alt.value(0), x=alt.value("width"), text="lab:N"),
        parts.catch(),
        height=270,
        signals=parts.signals(),
    )
