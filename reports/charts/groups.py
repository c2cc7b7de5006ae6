"""Groups of answers that the average hides: by length, by position in the answer, by category."""

from __future__ import annotations

from reports import numbers
from reports.charts import parts
from reports.data import LadderData
from reports.drawing import alt
from reports.queries import Row
from reports.registry import Records, chart
from reports.theme import RAMP, color

SPLITS = {"length": "answer length", "position": "position in the answer", "category": "category"}
"""How answers can be split, in the order of preference, in words."""


def split_rows(ladder: LadderData) -> dict[str, list[Row]]:
    """Rows by split: order of the group (``o``), its name (``g``), ``i``, ``v``, ``n``; only splits of two groups."""
    lengths = [
        {"o": row["length_low"], "g": _span(row["length_low"], row["length_high"]), **_point(row, "observed", "n")}
        for row in ladder.rows("compounding_by_length")
    ]
    positions = [
        {"o": row["position_low"], "g": _span(row["position_low"], row["position_high"]), **_point(row, "value", "n")}
        for row in ladder.rows("positions")
    ]
    categories = [
        {"o": row["place"], "g": row["category"], **_point(row, "value", "n")} for row in ladder.rows("categories")
    ]
    found = {"length": lengths, "position": positions, "category": categories}
    return {name: rows for name, rows in found.items() if len({row["g"] for row in rows}) > 1}


def _point(row: Row, value: str, n: str) -> Row:
    return {"i": row["scale_index"], "v": parts.rounded(row[value], 4), "n": row[n]}


def _span(low: int, high: int) -> str:
    return str(low) if low == high else f"{low}{numbers.DASH}{high}"


def unavailable(ladder: LadderData) -> str | None:
    """One group is the average."""
    if split_rows(ladder):
        return None
    return "all answers are of one length class, no token was judged by position, and items have no category"


def records(ladder: LadderData) -> Records:
    """Data set ``groups``: a group of a split (``b``) at a scale."""
    return {"groups": [{"b": name} | row for name, rows in split_rows(ladder).items() for row in rows]}


@chart(
    "groups",
    title="Groups hidden under the average",
    question="Which answers does the average hide?",
    reading="one line a group, light to dark; by length and category: exact match; by position: tokens ranked first",
    views=("compounding_by_length", "sample_scored"),
    unavailable=unavailable,
    records=records,
)
def groups() -> alt.LayerChart:
    """One line a group of the chosen split."""
    x = parts.x_scale()
    rows = parts.along_axis("groups").transform_filter("datum.b === split")
    shade = alt.Color(
        "g:N",
        scale=alt.Scale(range=[color(token) for token in RAMP]),
        sort=alt.EncodingSortField("o", op="min"),
        legend=alt.Legend(title=None, orient="top-left", direction="vertical", offset=6, labelLimit=160),
    )
    shape = alt.Shape("g:N", sort=alt.EncodingSortField("o", op="min"), legend=None)
    tooltip = [
        alt.Tooltip("g:N", title="group"),
        alt.Tooltip("v:Q", format=".1%", title="right"),
        alt.Tooltip("n:Q", format=",", title="answers"),
    ]
    y = parts.share_axis("v", "share right")
    return parts.layered(
        rows.mark_line(strokeWidth=1.8).encode(x=x, y=y, color=shade),
        rows.mark_point(filled=True, size=52, opacity=1, strokeWidth=1, stroke=color("panel")).encode(
            x=x, y=y, color=shade, shape=shape, tooltip=tooltip
        ),
        parts.crosshair(),
        parts.catch(),
        height=270,
        signals=[*parts.signals(), alt.param(name="split", value="length")],
    )
