"""The data a page carries: compact columns, as JSON that no HTML parser can mistake for markup."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from reports.axes import AXES
from reports.charts.parts import rounded
from reports.data import LadderData
from reports.numbers import DASH
from reports.queries import Row
from reports.registry import CHARTS, Records
from reports.rulers import RULERS

_UNSAFE = re.compile("[&<>\u2028\u2029\ud800-\udfff]")
TEXT_BUDGET = 120_000
Output = str | list[Any] | None


def to_json(value: object) -> str:
    """JSON for a script block: no character in it can end the block or start a tag.

    Unpaired surrogates, which no file can hold, become escapes.
    """
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False)
    return _UNSAFE.sub(lambda found: f"\\u{ord(found.group()):04x}", text)


def columns(rows: Sequence[Row]) -> dict[str, list[Any]]:
    """Rows of equal keys as columns; a third of the size."""
    return {key: [row[key] for row in rows] for key in rows[0]} if rows else {}


def datasets(ladder: LadderData) -> Records:
    """Every data set of every chart of the ladder page; charts that share one agree on it."""
    found: Records = {}
    # the four rulers share one function, which makes the data sets of all of them
    for records in dict.fromkeys(chart.records for chart in CHARTS.values() if chart.page == "ladder"):
        found |= {name: rows for name, rows in records(ladder).items() if name not in found}
    return found


def ladder_payload(ladder: LadderData, slug: str) -> dict[str, Any]:
    """What the script of a ladder page reads."""
    overview = ladder.overview
    items, outputs = _browser(ladder)
    return {
        "slug": slug,
        "task": overview["task_id"],
        "family": overview["family"],
        "verdict": overview["verdict"],
        "axis": ladder.axis.name,
        "axes": {name: {"caption": axis.caption, "unit": axis.unit} for name, axis in AXES.items()},
        "n_items": overview["n_items"],
        "scales": [
            {"label": s.label, "model": s.model_id, "k": s.n_runs}
            | {name: rounded(value, 6) for name, value in s.axes.items()}
            for s in ladder.scales
        ],
        "rulers": {
            ruler.key: {
                "label": ruler.label,
                "unit": ruler.unit,
                "metric": ladder.metrics[ruler.key],
                "how": ruler.definition(ladder.metrics[ruler.key], overview["tokenization"]),
            }
            for ruler in RULERS
        },
        "missing": [chart.name for chart in CHARTS.values() if chart.page == "ladder" and chart.unavailable(ladder)],
        "sets": {name: columns(rows) for name, rows in datasets(ladder).items()},
        "items": items,
        "outputs": outputs,
    }


def _browser(ladder: LadderData) -> tuple[list[Row], list[dict[str, list[Output]]]]:
    """Items drawn for the output browser, and for each scale the outputs by seed, in the order of the items."""
    rows = _within_budget(ladder.rows("browser_outputs"))
    number = {place: position for position, place in enumerate(dict.fromkeys(row["place"] for row in rows))}
    items: list[Row] = [{} for _ in number]
    outputs: list[dict[str, list[Output]]] = [{} for _ in ladder.scales]
    runs = {row["run_id"]: (row["scale_index"], _seed(row)) for row in ladder.rows("ladder_points")}
    for row in rows:
        position = number[row["place"]]
        items[position] = {"id": row["item_id"], "p": row["prompt"] or "", "t": row["target"] or ""}
        index, seed = runs[row["run_id"]]
        outputs[index].setdefault(seed, [None] * len(items))[position] = _output(row)
    return items, outputs


def _output(row: Row) -> Output:
    """The text alone where it tells everything; else with its whole length and whether exact match counts it."""
    text: str | None = row["output"]
    return text if row["output_length"] is None else [text, row["output_length"], row["exact"]]


def _within_budget(rows: list[Row]) -> list[Row]:
    """Rows of the first items whose outputs fit into the page; at least one item."""
    sizes: dict[int, int] = {}
    for row in rows:
        text: str = row["output"] or ""
        size = len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))
        sizes[row["place"]] = sizes.get(row["place"], 0) + size
    fit = [place for place, used in zip(sizes, accumulate(sizes.values()), strict=True) if used <= TEXT_BUDGET]
    kept = set(fit or list(sizes)[:1])
    return [row for row in rows if row["place"] in kept]


def _seed(row: Row) -> str:
    return DASH if row["seed"] is None else str(row["seed"])
