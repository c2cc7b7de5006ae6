"""Exact match observed against token accuracy to the power of length, by answer length."""

from __future__ import annotations

from reports import numbers
from reports.charts import parts
from reports.data import LadderData
from reports.drawing import alt
from reports.registry import Records, chart
from reports.theme import RAMP, color


def unavailable(ladder: LadderData) -> str | None:
    """One-token answers have nothing to compound."""
    if ladder.rows("compounding_by_length"):
        return None
    return "every answer is at most one token long: there is nothing to compound"


def records(ladder: LadderData) -> Records:
    """Data sets ``comp`` (a length class at a scale) and ``unit``, the ends of the diagonal."""
    rows = ladder.rows("compounding_by_length")
    classes = sorted({row["length_low"] for row in rows})
    return {
        "comp": [
            {
                "b": classes.index(row["length_low"]),
                "L": _class_name(row["length_low"], row["length_high"]),
                "i": row["scale_index"],
                "scale": ladder.scales[row["scale_index"]].label,
                "obs": parts.rounded(row["observed"], 4),
                "pred": parts.rounded(row["predicted"], 4),
                "n": row["n"],
            }
            for row in sorted(rows, key=lambda row: (row["length_low"], row["scale_index"]))
        ],
        "unit": [{"a": 0}, {"a": 1}],
    }


def _class_name(low: int, high: int) -> str:
    return str(low) if low == high else f"{low}{numbers.DASH}{high}"


@chart(
    "comp",
    title="Exact match against independent compounding",
    question="Does compounding explain exact match?",
    reading="dots on the line: nothing but compounding; above: errors cluster in answers",
    views=("compounding_by_length", "compounding_by_scale"),
    unavailable=unavailable,
    records=records,
)
def compounding() -> alt.LayerChart:
    """Diagonal, one line a length class, points in order of scale."""
    limits = alt.Scale(domain=[0, 1])

    def axis(title: str) -> alt.Axis:
        return alt.Axis(title=title, format="%", tickCount=5)

    x = alt.X("a:Q", scale=limits, axis=axis("predicted: token accuracy to the power of length"))
    y = alt.Y("a:Q", scale=limits, axis=axis("observed exact match"))
    base = parts.named("comp")
    shade = alt.Color(
        "L:N",
        scale=alt.Scale(range=[color(token) for token in RAMP]),
        sort=alt.EncodingSortField("b", op="min"),
        legend=alt.Legend(title="answer length", orient="top-left", direction="vertical", offset=6),
    )
    tooltip = [
        alt.Tooltip("scale:N", title="scale"),
        alt.Tooltip("L:N", title="length"),
        alt.Tooltip("obs:Q", format=".1%", title="observed"),
        alt.Tooltip("pred:Q", format=".1%", title="predicted"),
        alt.Tooltip("n:Q", format=",", title="answers"),
    ]
    return parts.layered(
        parts.named("unit").mark_line(style="diagonal").encode(x=x, y=y),
        base.mark_line(strokeWidth=1.5).encode(x="pred:Q", y="obs:Q", color=shade, order="i:Q"),
        base.mark_point(filled=True, opacity=1, strokeWidth=1, stroke=color("panel")).encode(
            x="pred:Q",
            y="obs:Q",
            color=shade,
            size=alt.condition("datum.i === hot", alt.value(160), alt.value(48)),
            tooltip=tooltip,
        ),
        height=330,
        signals=parts.signals(),
    )
