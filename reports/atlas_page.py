"""The atlas: all ladders on one page."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from metrics.intervals import wilson
from reports import numbers, queries
from reports.assets import Assets
from reports.atlas_sentences import atlas_headline, open_sentence
from reports.atlas_tables import atlas_tables
from reports.axes import AXES
from reports.cards import Figure
from reports.payload import to_json
from reports.queries import Row
from reports.registry import CHARTS
from reports.rulers import RULERS
from reports.setting import setting_text
from reports.stated import StatedTask
from reports.stated_table import stated_table
from reports.templating import render
from reports.verdicts import MEANS, VERDICTS

COLUMNS = (
    "url", "name", "task", "family", "setting", "verdict", "n_scales", "along", "runs", "x",
    "em", "em_low", "em_high", "em_gap", "es", "es_low", "es_high", "es_gap",
    "score_em", "score_es", "score_ta", "score_ll", "sharp_em", "sharp_es", "jumps",
)  # fmt: skip
SPARK = ("em", "es")


@dataclass(frozen=True)
class AtlasData:
    """What the atlas reads, all ladders at once.

    Attributes:
        overview: ``ladder_overview``, one row a ladder.
        curves: ``score_by_scale`` by ladder and metric.
        shapes: ``metric_description`` by ladder and metric.
        sharp: Query ``sharp_metrics``: does the metric look emergent on the ladder, where it rises.
        needs: Query ``verdict_needs``: the limits that the verdicts' own constants set.
        counts: Query ``verdict_counts``.
        changes: ``verdict_change``.
        families: Query ``family_thresholds``.
        forecasts: Query ``forecast_scores``.
        claims: Query ``claims``.
    """

    overview: list[Row]
    curves: dict[tuple[str, str], list[Row]]
    shapes: dict[tuple[str, str], Row]
    sharp: dict[tuple[str, str], bool]
    needs: dict[str, Row]
    counts: dict[str, int]
    changes: list[Row]
    families: list[Row]
    forecasts: list[Row]
    claims: list[Row]


def read_atlas(con: duckdb.DuckDBPyConnection) -> AtlasData:
    """Read the atlas from a published snapshot."""
    overview = queries.view_rows(con, "ladder_overview")
    spark = sorted(
        {ruler.choose(row["tokenization"], ()) for row in overview for ruler in RULERS if ruler.key in SPARK}
    )
    curves: dict[tuple[str, str], list[Row]] = {}
    for row in queries.view_rows(con, "score_by_scale", metric=spark):
        curves.setdefault((row["ladder_id"], row["metric"]), []).append(row)
    return AtlasData(
        [row for row in overview if row["verdict"]],
        curves,
        {(row["ladder_id"], row["metric"]): row for row in queries.view_rows(con, "metric_description")},
        {(row["ladder_id"], row["metric"]): row["sharp"] for row in queries.rows(con, "sharp_metrics")},
        {row["ladder_id"]: row for row in queries.rows(con, "verdict_needs")},
        {row["verdict"]: row["n_ladders"] for row in queries.rows(con, "verdict_counts")},
        queries.view_rows(con, "verdict_change"),
        queries.rows(con, "family_thresholds"),
        queries.rows(con, "forecast_scores"),
        queries.rows(con, "claims", ladder_ids=[row["ladder_id"] for row in overview]),
    )


def atlas_html(
    data: AtlasData,
    slugs: Mapping[str, str],
    assets: Assets,
    shared: str | None,
    generation: str,
    stated: Mapping[str, StatedTask],
) -> str:
    """The atlas page; ``slugs``: file name of every ladder's page, ``stated``: tasks without outputs by page."""
    chosen = {row["ladder_id"]: _metrics(data, row) for row in data.overview}
    shares = ruler_shares(data)
    rows = [_row(data, row, chosen[row["ladder_id"]], slugs[row["ladder_id"]]) for row in data.overview]
    drawn = sum(1 for row in rows if row[COLUMNS.index("sharp_em")] and row[COLUMNS.index("sharp_es")])
    families = len({row["family"] for row in data.overview})
    threshold = _common(row["emergent_share"] for row in data.needs.values())
    overview = {row["ladder_id"]: row for row in data.overview}
    urls = {ladder_id: f"ladders/{name}.html" for ladder_id, name in slugs.items()}
    across = [table for table in [stated_table(stated)] if table]
    payload = {
        "columns": COLUMNS,
        "rows": rows,
        "names": {name: style.name for name, style in VERDICTS.items()},
        "share": shares,
        "threshold": threshold,
        "all_edit_similarity": all(metrics["es"].startswith("token_edit_similarity") for metrics in chosen.values()),
    }
    return render(
        "atlas.html.j2",
        assets,
        shared,
        title="Atlas of ladders",
        note=f"{numbers.plural(len(rows), 'ladder')}, {numbers.plural(families, 'family', 'families')}",
        headline=atlas_headline(data.overview, shares),
        lede=open_sentence(data.overview),
        counts=[(style, data.counts[name]) for name, style in VERDICTS.items() if data.counts.get(name)],
        means=MEANS,
        tables=[*atlas_tables(data.families, data.forecasts, data.claims, data.changes, overview, urls), *across],
        charts={name: CHARTS[name] for name in ("scatter", "share")},
        figures={name: Figure(name, CHARTS[name].title, "", None, _sql(name)) for name in ("scatter", "share")},
        threshold=threshold,
        short_factor=_common(row["emergent_factor"] for row in data.needs.values()),
        late=_common(row["emergent_half"] for row in data.needs.values()),
        not_drawn=f"{numbers.plural(len(rows) - drawn, 'ladder')} without a rise to place are not drawn."
        if len(rows) > drawn
        else "",
        share_text="; ".join(f"{share['label']} {share['txt']}" for share in shares),
        generation=generation,
        data=to_json(payload),
    )


def _metrics(data: AtlasData, row: Row) -> dict[str, str]:
    """Metric behind each ruler on one ladder."""
    available = [metric for ruler in RULERS for metric in ruler.candidates(row["tokenization"])]
    available = [metric for metric in available if (row["ladder_id"], metric) in data.shapes]
    return {ruler.key: ruler.choose(row["tokenization"], available) for ruler in RULERS}


def ruler_shares(data: AtlasData) -> list[Row]:
    """Ladders that are sharp under each ruler, among those that rise under it."""
    chosen = {row["ladder_id"]: _metrics(data, row) for row in data.overview}
    shares = []
    for ruler in RULERS:
        keys = [(ladder_id, metrics[ruler.key]) for ladder_id, metrics in chosen.items()]
        flags = [data.sharp[key] for key in keys if key in data.sharp]
        if flags:
            low, high = wilson(float(sum(flags)), float(len(flags)))
            shares.append(
                {
                    "key": ruler.key,
                    "label": ruler.label,
                    "kind": ruler.kind,
                    "v": sum(flags) / len(flags),
                    "lo": round(float(low), 4),
                    "hi": round(float(high), 4),
                    "sharp": sum(flags),
                    "rising": len(flags),
                    "txt": f"{sum(flags)} of {len(flags)}",
                }
            )
    return shares


def _common(values: Iterable[float | None]) -> float | None:
    """The value most ladders have; None: none has any."""
    known = Counter(value for value in values if value is not None)
    return known.most_common(1)[0][0] if known else None


def _sql(name: str) -> str:
    return "\n".join(f"FROM {view};" for view in CHARTS[name].views)


def _row(data: AtlasData, row: Row, metrics: dict[str, str], slug: str) -> list[Any]:
    ladder_id = row["ladder_id"]
    shapes = {key: data.shapes.get((ladder_id, metric)) for key, metric in metrics.items()}
    curves = {key: data.curves.get((ladder_id, metrics[key]), []) for key in SPARK}
    scales = [point["scale"] for point in curves["em"] or curves["es"]]
    values: dict[str, Any] = {
        "url": f"ladders/{slug}.html",
        "name": row["task_title"] or row["task_id"],
        "task": row["task_id"],
        "family": row["family"],
        "setting": setting_text(row["n_shots"], row["prompting"], row["filter"]),
        "verdict": row["verdict"],
        "n_scales": row["n_scales"],
        "along": AXES[row["axis"]].word,
        "runs": row["n_runs"],
        "x": _places(scales),
        "jumps": [
            *(_short(row[name], 2) for name in ("largest_allowed_jump", "allowed_jump_limit", "jump_low")),
            data.needs[ladder_id]["least_break_jump"] if ladder_id in data.needs else None,
            *(_tail(row[name]) for name in ("break_tail", "break_tail_adjusted")),
        ],
    }
    for key in SPARK:
        for name, field in ((key, "value"), (f"{key}_low", "low"), (f"{key}_high", "high")):
            values[name] = [None if point[field] is None else round(100 * point[field]) for point in curves[key]]
        shape = shapes[key] or {}
        values[f"{key}_gap"] = shape.get("sharpest_gap") if shape.get("sharpness") is not None else None
        values[f"sharp_{key}"] = _interval(shape)
    for key in metrics:
        scored = shapes[key]
        values[f"score_{key}"] = _short(scored["emergence_score"], 1) if scored else None
    return [values[name] for name in COLUMNS]


def _interval(shape: Row) -> list[float | None] | None:
    if shape.get("sharpness") is None:
        return None
    return [_short(shape[name], 3) for name in ("sharpness", "sharpness_low", "sharpness_high")]


def _places(scales: Sequence[float]) -> list[int]:
    """Where the scales of a ladder lie between its ends on a logarithmic axis, 0 to 100."""
    if len(scales) < 2:
        return [50 for _ in scales]
    logs = [math.log(scale) for scale in scales]
    return [round(100 * (log - logs[0]) / (logs[-1] - logs[0])) for log in logs]


def _tail(value: float | None) -> float | None:
    """A tail probability with two digits that count."""
    return None if value is None or not math.isfinite(value) else float(f"{value:.2g}")


def _short(value: float | None, digits: int) -> float | None:
    return None if value is None or not math.isfinite(value) else round(value, digits)
