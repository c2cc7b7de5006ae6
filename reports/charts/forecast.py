"""Exact match at the larger scales, forecast from the smaller ones by two routes."""

from __future__ import annotations

from reports.charts import parts
from reports.data import LadderData
from reports.drawing import alt
from reports.registry import Records, chart

ROUTES = {"smooth": "slope", "exact_match": "cliff"}


def unavailable(ladder: LadderData) -> str | None:
    """A forecast needs scales to fit and scales to keep back."""
    return None if ladder.rows("forecast_from_below") else "a forecast needs at least 4 scales and paired items"


def records(ladder: LadderData) -> Records:
    """Data sets ``fc`` (a forecast at a scale) and ``fcs`` (its mean miss, by cut and route, or why there is none)."""
    return {
        "fc": [
            {
                "cut": row["n_fitted"],
                "src": row["route"],
                "i": row["scale_index"],
                "v": parts.rounded(row["predicted"], 4),
                "lo": parts.rounded(row["low"], 4),
                "hi": parts.rounded(row["high"], 4),
            }
            for row in ladder.rows("forecast_from_below")
            if row["reason"] is None
        ],
        "fcs": [
            {
                "cut": row["n_fitted"],
                "src": row["route"],
                "n": row["n_points"],
                "miss": parts.rounded(row["mean_error"], 4),
                "inside": row["n_covered"],
                "why": row["reason"],
            }
            for row in ladder.rows("forecast_summary")
        ],
    }


@chart(
    "fc",
    title="Exact match forecast from below",
    question="Could it have been forecast from below?",
    reading="90 % prediction bands; filled: used in the fit, hollow: kept back",
    views=("forecast_from_below", "score_by_scale"),
    unavailable=unavailable,
    records=records,
)
def forecast() -> alt.LayerChart:
    """Two bands with dashed centres for the cut chosen, and what was observed."""
    y = parts.share_axis
    x = parts.x_scale()
    chosen = parts.along_axis("fc").transform_filter("datum.cut === cut")
    observed = parts.along_axis("rows").transform_filter(parts.EXACT_MATCH)
    layers: list[alt.Chart] = []
    for route in reversed(ROUTES):
        kind, rows = ROUTES[route], chosen.transform_filter(f"datum.src === '{route}'")
        layers += [
            rows.mark_area(style=f"band-{kind}").encode(x=x, y=y("lo"), y2="hi:Q"),
            rows.mark_rule(style=f"one-{kind}", opacity=0.5).encode(x=x, y=y("lo"), y2="hi:Q"),
            rows.mark_line(style=f"line-{kind}", strokeDash=[5, 4], strokeWidth=1.6).encode(x=x, y=y("v")),
        ]
    return parts.layered(
        *layers,
        observed.transform_filter("datum.i === cut - 1").mark_rule(style="floor").encode(x=x),
        parts.crosshair(),
        observed.transform_filter("datum.i >= cut").mark_point(style="open-cliff").encode(x=x, y=y("v")),
        observed.transform_filter("datum.i < cut").mark_point(style="mean-cliff").encode(x=x, y=y("v")),
        parts.catch(),
        height=270,
        signals=[*parts.signals(), alt.param(name="cut", value=4)],
    )
