"""Turn the knob: the same outputs under ever sharper metrics."""

from __future__ import annotations

from reports.charts import parts
from reports.data import LadderData
from reports.drawing import alt
from reports.registry import Records, chart

KNOBS = {
    "tokens_required": "share of the target's tokens that must be right",
    "threshold": "partial score that counts as right",
    "answer_length": "length of the answers, in tokens",
    "compounded_length": "length that token accuracy is compounded to, in tokens",
}
"""What each knob asks for, as its axis says it."""


def unavailable(ladder: LadderData) -> str | None:
    """Without tokens to count there is nothing to sharpen."""
    return None if ladder.rows("knob_by_setting") else "no sharper or blunter metrics were computed for this ladder"


def nothing_to_place(ladder: LadderData) -> str | None:
    """Settings without a rise have no sharpness."""
    if any(row["sharpness"] is not None for row in ladder.rows("knob_by_setting")):
        return None
    return unavailable(ladder) or "at no setting of a knob is there a rise to place"


def records(ladder: LadderData) -> Records:
    """Data sets ``knob`` (a setting's sharpness) and ``turned`` (the curve at a setting)."""
    return {
        "knob": [
            {
                "k": row["knob"],
                "s": parts.rounded(row["setting"]),
                "v": parts.rounded(row["sharpness"], 4),
                "lo": parts.rounded(row["sharpness_low"], 4),
                "hi": parts.rounded(row["sharpness_high"], 4),
                "rise": parts.rounded(row["rise"], 4),
                "e": parts.rounded(row["emergence_score"], 3),
                "n": row["n_items"],
            }
            for row in ladder.rows("knob_by_setting")
        ],
        "turned": [
            {
                "k": row["knob"],
                "s": parts.rounded(row["setting"]),
                "i": row["scale_index"],
                "v": parts.rounded(row["value"], 4),
                "lo": parts.rounded(row["low"], 4),
                "hi": parts.rounded(row["high"], 4),
            }
            for row in ladder.rows("knob_by_scale")
        ],
    }


def _signals() -> list[alt.Parameter]:
    """The knob in hand and its setting, beside the signals of all charts."""
    return [*parts.signals(), alt.param(name="knob", value="tokens_required"), alt.param(name="setting", value=1)]


@chart(
    "turned",
    title="The curve at each setting of the knob",
    question="How much of the jump does the metric make?",
    reading="thin: every setting of the knob; bold: the one chosen",
    views=("knob_by_scale",),
    unavailable=unavailable,
    records=records,
)
def turned() -> alt.LayerChart:
    """All settings thin, the chosen one bold with its band."""
    x, y = parts.x_scale(), parts.share_axis
    rows = parts.along_axis("turned").transform_filter("datum.k === knob")
    chosen = rows.transform_filter("datum.s === setting")
    return parts.layered(
        rows.mark_line(style="line-slope", strokeWidth=1, opacity=0.4).encode(x=x, y=y("v"), detail="s:N"),
        chosen.mark_area(style="band-cliff").encode(x=x, y=y("lo"), y2="hi:Q"),
        chosen.mark_line(style="line-cliff").encode(x=x, y=y("v")),
        chosen.mark_point(style="mean-cliff").encode(x=x, y=y("v")),
        height=250,
        signals=_signals(),
    )


@chart(
    "knob",
    title="Share of the rise in one gap, by the knob's setting",
    reading="line: 95 % interval over items and training runs; a setting without a mark has no rise to place",
    views=("knob_by_setting",),
    unavailable=nothing_to_place,
    records=records,
)
def knob() -> alt.LayerChart:
    """Sharpness against the setting, the chosen one bold."""
    rows = parts.named("knob").transform_filter("datum.k === knob && isValid(datum.v)")
    order = alt.EncodingSortField("s", op="min")
    x = alt.X(
        "s:O",
        sort=order,
        axis=alt.Axis(title="setting of the knob, blunt to sharp", labelAngle=0, format="~g", grid=False),
    )

    def y(field: str) -> alt.Y:
        return parts.share_axis(field, "share of the rise in one gap")

    tooltip = [
        alt.Tooltip("s:Q", format="~g", title="setting"),
        alt.Tooltip("v:Q", format=".0%", title="of the rise in one gap"),
        alt.Tooltip("n:Q", format=",", title="items"),
    ]
    return parts.layered(
        rows.mark_rule(style="one-slope", strokeDash=[]).encode(x=x, y=y("lo"), y2="hi:Q"),
        rows.mark_line(style="line-slope", strokeWidth=1.2, opacity=0.5).encode(x=x, y=y("v"), order="s:Q"),
        rows.mark_point(style="mean-slope").encode(x=x, y=y("v"), tooltip=tooltip),
        rows.transform_filter("datum.s === setting").mark_point(style="mean-cliff", size=130).encode(x=x, y=y("v")),
        height=250,
        signals=_signals(),
    )
