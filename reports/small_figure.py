"""A small figure of a ladder as plain SVG, for pages without a script: two metrics against scale."""

from __future__ import annotations

import math

from markupsafe import Markup

from reports.data import LadderData
from reports.queries import Row
from reports.rulers import RULER

WIDTH, HEIGHT = 220, 96
LEFT, RIGHT, TOP, BOTTOM = 34, 6, 8, 14


def small_figure(ladder: LadderData) -> str:
    """The drawing; only numbers and names of this program stand in it."""
    if len(ladder.scales) < 2:
        return Markup("")
    first, last = (math.log(ladder.scales[place].value) for place in (0, -1))
    if first == last:
        return Markup("")

    def x(row: Row) -> float:
        place = (math.log(row["scale"]) - first) / (last - first)
        return LEFT + place * (WIDTH - LEFT - RIGHT)

    parts = [_grid(ladder)]
    for key in ("es", "em"):
        rows = [row for row in ladder.rows("score_by_scale", metric=ladder.metrics[key]) if row["value"] is not None]
        if rows:
            parts.append(_curve([(x(row), row) for row in rows], RULER[key].kind))
    label = "Exact match (squares) and edit similarity (circles) against scale, 0 to 100 percent"
    return Markup(
        f'<svg class="fig" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">{"".join(parts)}</svg>'
    )


def _y(value: float) -> float:
    return TOP + (1 - min(max(value, 0.0), 1.0)) * (HEIGHT - TOP - BOTTOM)


def _grid(ladder: LadderData) -> str:
    lines = "".join(
        f'<line x1="{LEFT}" x2="{WIDTH - RIGHT}" y1="{_y(v):.1f}" y2="{_y(v):.1f}" stroke="var(--hair)"/>'
        f'<text x="{LEFT - 4}" y="{_y(v) + 3:.1f}" text-anchor="end">{100 * v:.0f} %</text>'
        for v in (0.0, 0.5, 1.0)
    )
    ends = ((LEFT, "start", ladder.scales[0].label), (WIDTH - RIGHT, "end", ladder.scales[-1].label))
    return lines + "".join(f'<text x="{x}" y="{HEIGHT - 2}" text-anchor="{a}">{text}</text>' for x, a, text in ends)


def _curve(points: list[tuple[float, Row]], kind: str) -> str:
    def ends(name: str) -> list[str]:
        return [f"{x:.1f} {_y(row['value'] if row[name] is None else row[name]):.1f}" for x, row in points]

    band = "L".join(ends("high") + ends("low")[::-1])
    line = "L".join(ends("value"))
    marks = "".join(
        f'<rect x="{x - 2.2:.1f}" y="{_y(row["value"]) - 2.2:.1f}" width="4.4" height="4.4" fill="var(--cliff)"/>'
        if kind == "cliff"
        else f'<circle cx="{x:.1f}" cy="{_y(row["value"]):.1f}" r="2.4" fill="var(--slope)"/>'
        for x, row in points
    )
    return (
        f'<path d="M{band}Z" fill="var(--{kind}bg)" opacity=".75"/>'
        f'<path d="M{line}" fill="none" stroke="var(--{kind})" stroke-width="1.6"/>{marks}'
    )
