"""Small but complete content for a warehouse: two ladders of three scales with two seeds, four items each."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import duckdb
import polars as pl

from warehouse import load

NOW = dt.datetime(2026, 11, 23, 12, 0)
SCALES = (1e6, 1e7, 1e8)
SEEDS = (0, 1)
TASKS = ("add", "spell")
ITEMS = ("i0", "i1", "i2", "i3")
METRICS = ("exact_match", "token_edit_similarity_char", "expected_exact_match")


def run_id(task: str, scale_index: int, seed: int) -> str:
    return f"m{scale_index}-seed{seed}/{task}"


def model_id(scale_index: int, seed: int) -> str:
    return f"m{scale_index}-seed{seed}"


def cells(tasks: tuple[str, ...] = TASKS) -> list[tuple[str, int, int]]:
    return [(task, index, seed) for task in tasks for index in range(len(SCALES)) for seed in SEEDS]


def runs(tasks: tuple[str, ...] = TASKS, uri: str = "outputs.parquet", sha256: str = "a" * 64) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "run_id": run_id(task, index, seed),
                "uri": uri,
                "format": "table",
                "model_id": model_id(index, seed),
                "task_id": task,
                "n_samples": len(ITEMS),
                "content_sha256": sha256,
                "flags": ["made for a test"],
                "pulled_at": NOW,
            }
            for task, index, seed in cells(tasks)
        ]
    )


def samples(tasks: tuple[str, ...] = TASKS) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "run_id": run_id(task, index, seed),
                "item_id": item,
                "repeat": 0,
                "prompt": f"{task} {item}?",
                "output": f"größe {index} {item}",
                "targets": [f"größe 2 {item}"],
                "target_logprobs": [-0.5, -0.25],
                "target_is_argmax": [True, index == 2],
            }
            for task, index, seed in cells(tasks)
            for item in ITEMS
        ]
    )


def items(tasks: tuple[str, ...] = TASKS) -> pl.DataFrame:
    return pl.DataFrame(
        [{"task_id": task, "item_id": item, "prompt": f"{task} {item}?"} for task in tasks for item in ITEMS]
    )


def scores(tasks: tuple[str, ...] = TASKS) -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "run_id": run_id(task, index, seed),
                "item_id": item,
                "repeat": 0,
                "exact_match": float(index == 2),
                "token_edit_similarity_char": 1.0 if index == 2 else 0.7 + 0.1 * index,
                "expected_exact_match": 0.1 * (index + 1),
            }
            for task, index, seed in cells(tasks)
            for item in ITEMS
        ]
    )


def cell_scores(value: float = 0.5) -> pl.DataFrame:
    rows = runs().select("run_id", n="n_samples")
    return _set(rows, metric="pass_at_1", version=1, value=value, se=0.1, low=0.3, high=0.7)


def metric_rows() -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "name": name,
                "label": name.replace("_", " "),
                "kind": "discontinuous" if name == "exact_match" else "smooth",
                "unit": "share",
                "low": 0.0,
                "high": 1.0,
                "higher_is_better": True,
                "needs": ["output", "targets"],
                "version": 1,
                "grain": "output",
                "definition": "as its name says",
                "source": "test",
            }
            for name in METRICS
        ]
    )


def models() -> pl.DataFrame:
    return pl.DataFrame(
        [
            {
                "model_id": model_id(index, seed),
                "source": "study",
                "family": "m",
                "seed": seed,
                "n_params": scale,
                "train_tokens": 1e9,
            }
            for index, scale in enumerate(SCALES)
            for seed in SEEDS
        ]
    )


def ladder_frames(task: str, verdict: str = "mirage", input_hash: str = "h") -> dict[str, pl.DataFrame]:
    """A frame a result table; every row of one is a crossing of gaps or scales with runs or metrics."""
    key = pl.DataFrame({"ladder_id": [f"m/{task}"]})
    metrics = pl.DataFrame({"metric": METRICS})
    gaps = key.join(pl.DataFrame({"gap_index": [0, 1], "scale_low": SCALES[:2], "scale_high": SCALES[1:]}), how="cross")
    points = key.join(pl.DataFrame({"scale_index": [0, 1, 2], "scale": SCALES}), how="cross")
    places = [(index, seed, run_id(task, index, seed)) for _, index, seed in cells((task,))]
    placed = points.join(
        pl.DataFrame(places, schema=["scale_index", "seed", "run_id"], orient="row"),
        on="scale_index",
        maintain_order="left_right",
    )
    knobs = key.join(pl.DataFrame({"knob": ["threshold"] * 2, "setting": [0.5, 1.0]}), how="cross")
    model = pl.format("m{}-seed{}", "scale_index", "seed")
    return {
        "ladder": _set(
            key, family="m", task_id=task, task_title=task.title(), axis="n_params", n_scales=3, n_runs=6, n_items=4,
            n_items_dropped=0, tokenization="char", discontinuous_metric="exact_match",
            smooth_metric="token_edit_similarity_char", chance=0.0, input_hash=input_hash, analysed_at=NOW,
        ),
        "ladder_run": placed.with_columns(model_id=model),
        "curve": _set(
            points.join(metrics, how="cross"),
            value=0.5, se=0.1, low=0.1, high=0.9, n_items=4, n_runs=2, floor=0.05, method="t",
        ),
        "curve_run": _set(placed.join(metrics, how="cross"), value=0.5, se=0.1, low=0.1, high=0.9, n_items=4),
        "description": _set(
            key.join(metrics, how="cross"), rise=1.0, sharpness=0.9, sharpest_gap=1, resamples=200, seed=0
        ),
        "change": _set(gaps.join(metrics, how="cross"), change=0.2, low=0.1, high=0.3),
        "jump": _set(gaps, low=-0.1, median=0.1, high=0.4, admissible=False),
        "compounding": placed.with_columns(
            observed=0.4 + 0.2 * pl.col("seed"), token_accuracy=pl.lit(0.8), own_miss=pl.lit(-0.01)
        ),
        "compounding_length": _set(points, length_low=1, length_high=4, n=8, observed=0.5, predicted=0.4),
        "ladder_knob": _set(
            knobs, metric="exact_match", n_items=4, rise=1.0, sharpness=0.9, sharpest_gap=1, emergence_score=3.0,
            resamples=40, seed=0,
        ),
        "ladder_knob_curve": _set(knobs.join(points, on="ladder_id"), value=0.5, low=0.1, high=0.9),
        "resolution": _set(points, n_items=4, n_successes=0, n_trials=8, upper=0.3, n_needed=50.0),
        "threshold": _set(
            key.join(metrics, how="cross"), level="leaves_floor", value=0.1, scale=1e7, low=5e6, high=2e7,
        ),
        "forecast": _set(
            points.tail(1).join(pl.DataFrame({"route": ["smooth", "exact_match"]}), how="cross"),
            n_fitted=2, predicted=0.4, low=0.1, high=0.9, observed=0.5,
        ),
        "verdict": _set(
            key, verdict=verdict, reason="made for a test", gap_index=1, scale_low=1e7, scale_high=1e8,
            looks_emergent=True, break_tail=0.2, constants='{"b_max": 4.4}',
            evidence='{"step": 7, "why": "small", "jumps": [0.1, 0.2]}', method_version=1, decided_at=NOW,
        ),
        "finding": _set(
            key, stage="analyze", severity="note", kind="short", reason="three scales", action="kept", found_at=NOW
        ),
    }  # fmt: skip


def _set(rows: pl.DataFrame, **values: object) -> pl.DataFrame:
    return rows.with_columns(**{name: pl.lit(value) for name, value in values.items()})


def source_row(uri: str = "outputs.parquet") -> dict[str, object]:
    return {
        "uri": uri, "format": "table", "settings_hash": "s", "sha256": "a" * 64, "size_bytes": 10,
        "n_rows": 48, "n_quarantined": 0, "pulled_at": NOW,
    }  # fmt: skip


def source_scores(uri: str = "outputs.parquet") -> pl.DataFrame:
    """What a log states: of each run a mean that agrees, of one another that does not; and of a run without outputs."""
    known = runs(uri=uri).select("uri", "run_id", "model_id", "task_id")
    same = _set(known, metric="acc", value=0.5, recomputed=0.5, agrees=True, route="outputs", our_metric="exact_match")
    other = _set(known.head(1), metric="f1", value=0.5, recomputed=0.25, agrees=False, route="item_scores")
    alone = _set(known.head(1), run_id="elsewhere", metric="acc", value=0.75, se=0.1, n_items=7)
    return pl.concat([same, other, alone], how="diagonal_relaxed").with_columns(subset=pl.lit(None, pl.String))


def finding(**changes: object) -> pl.DataFrame:
    row = {
        "stage": "pull", "severity": "warning", "kind": "bad_line", "uri": "outputs.parquet", "line": 3,
        "reason": "not JSON", "action": "left out", "found_at": NOW,
    }  # fmt: skip
    return pl.DataFrame([row | changes])


def fill(con: duckdb.DuckDBPyConnection, staged: Path | None = None) -> None:
    """Write everything a full run writes."""
    load.replace_metrics(con, metric_rows())
    load.upsert_models(con, models())
    rows: pl.DataFrame | Path = samples()
    if staged is not None:
        samples().write_parquet(staged)
        rows = staged
    load.replace_source(
        con, source_row(), runs=runs(), samples=rows, items=items(), findings=finding(), source_scores=source_scores()
    )
    versions = dict.fromkeys(METRICS, 1)
    load.write_scores(con, scores(), run_ids=runs()["run_id"].to_list(), versions=versions)
    load.replace_cell_scores(con, cell_scores())
    for task in TASKS:
        load.replace_ladder(con, ladder_frames(task), f"m/{task}")
