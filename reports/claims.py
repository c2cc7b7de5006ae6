"""Published claims about a ladder's task: where they put the rise, and what was measured there."""

from __future__ import annotations

from dataclasses import dataclass

from reports import numbers
from reports.axes import AXES, Axis
from reports.data import LadderData
from reports.queries import Row

SHOWN = 8
NEAR = 3.0
"""A claimed scale is drawn up to this factor beyond the points of the ladder; further out it would squeeze them."""

_WORDS = {
    "emergent": "called emergent",
    "smooth": "called smooth",
    "flat": "called flat",
    "u-shaped": "called U-shaped",
    "inverse": "said to get worse with scale",
    "positive": "said to get better with scale",
}
_AXIS = {"n_params": "threshold_params", "train_flops": "threshold_train_flops"}


@dataclass(frozen=True)
class ClaimLine:
    """One claim in words.

    Attributes:
        mark: Letter of its marker in the charts; None: it has none.
        text: What is claimed, and of whom.
        measured: What this ladder has at that scale.
        source: Where it is published.
    """

    mark: str | None
    text: str
    measured: str
    source: str


def claim_lines(ladder: LadderData) -> list[ClaimLine]:
    """The claims shown under the charts: those of the same family first."""
    marks = {row["claim_id"]: mark for mark, row in _marked(ladder)}
    return [
        ClaimLine(marks.get(row["claim_id"]), claimed_text(row), measured_text(ladder.axis, row), _source(row))
        for row in ladder.rows("claims")[:SHOWN]
    ]


def claim_records(ladder: LadderData) -> list[Row]:
    """Rows of the data set ``claims``: a marker with its place on every axis where the ladder has points near it."""
    return [{"t": mark, **_places(ladder, row)} for mark, row in _marked(ladder)]


def _marked(ladder: LadderData) -> list[tuple[str, Row]]:
    near = [row for row in ladder.rows("claims")[:SHOWN] if any(_places(ladder, row).values())]
    return [(chr(ord("A") + number), row) for number, row in enumerate(near)]


def _places(ladder: LadderData, row: Row) -> dict[str, float | None]:
    """The claimed threshold on the axes; None where the claim has none or the ladder has no point near it."""
    found: dict[str, float | None] = {}
    for name in AXES:
        value = row[_AXIS[name]] if name in _AXIS else None
        points = [scale.axes[name] for scale in ladder.scales]
        known = [point for point in points if point]
        near = value is not None and len(known) == len(points) and min(known) / NEAR <= value <= max(known) * NEAR
        found[name] = value if near else None
    return found


def claimed_text(row: Row) -> str:
    """What is claimed, and of whom; ``row`` of the query ``claims``."""
    of = f" in {row['claimed_family']}" if row["claimed_family"] else ""
    since = "" if row["threshold_params"] is None else f" from {numbers.size(row['threshold_params'])} parameters"
    return f"{row['ability']}, {row['suite']}: {_WORDS.get(row['claim_kind'], row['claim_kind'])}{of}{since}."


def measured_text(axis: Axis, row: Row) -> str:
    """What the ladder of the row has at the claimed scale, on its axis."""
    if row["threshold"] is None:
        return "It names no scale on this ladder's axis."
    text = axis.text
    whose = "this family" if row["same_family"] else "these models, of another family,"
    if row["scale_at"] is None:
        return (
            f"Beyond this ladder, whose last point is {text(row['last_scale'])}; nothing here speaks for or against it."
        )
    if row["scale_below"] is None:
        return f"At or below the first point here, {text(row['first_scale'])}; its onset was not measured."
    return f"Measured on {whose} at {text(row['scale_below'])} and {text(row['scale_at'])} on either side of it."


def _source(row: Row) -> str:
    return str(row["source"]) + ("" if row["checked"] else " (figures not checked against it)")
