"""Raw outputs to a published warehouse by the same functions as the pipeline, without the pipeline."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import duckdb
import polars as pl

from metrics.analysis import AnalysisOptions, analyze_ladder
from metrics.floors import shuffled_floors
from metrics.ladder import LadderInfo
from metrics.registry import catalogue, default_metrics
from metrics.scores import score_samples
from warehouse import load

NOW = dt.datetime(2026, 11, 23, 12, 0)


@dataclass(frozen=True)
class Ladder:
    """A ladder to analyse: a task over models, along an axis, and what to change in its verdict row."""

    task_id: str
    family: str
    models: Sequence[str]
    axis: str = "n_params"
    title: str | None = None
    chance: float = 0.0
    verdict: Mapping[str, object] | None = None
    forced: str | None = None

    @property
    def ladder_id(self) -> str:
        return f"{self.family}/{self.task_id}/{self.axis}"


def run_id(model_id: str, task_id: str) -> str:
    return f"{model_id}/{task_id}"


def store_runs(con: duckdb.DuckDBPyConnection, samples: pl.DataFrame, models: pl.DataFrame) -> None:
    """Store samples (model_id, task_id, item_id, prompt, output, targets, …) with their scores and floors."""
    load.replace_metrics(con, catalogue())
    load.upsert_models(con, models)
    samples = samples.with_columns(
        pl.format("{}/{}", "model_id", "task_id").alias("run_id"), pl.lit(0, pl.Int32).alias("repeat")
    )
    counts = samples.group_by("run_id", "model_id", "task_id").agg(pl.len().cast(pl.Int64).alias("n_samples"))
    runs = counts.with_columns(
        uri=pl.lit("outputs.parquet"),
        format=pl.lit("table"),
        content_sha256=pl.lit("0" * 64),
        pulled_at=pl.lit(NOW),
    )
    items = samples.select("task_id", "item_id", "prompt", "targets").unique(["task_id", "item_id"])
    load.replace_runs(con, runs, samples.drop("model_id", "task_id"), items=items)
    scores = score_samples(samples)
    load.write_scores(
        con,
        scores.frame,
        run_ids=runs["run_id"].to_list(),
        versions={metric.name: metric.version for metric in default_metrics()},
        reasons=scores.coverage.filter(pl.col("reason").is_not_null()).select("run_id", "metric", "reason"),
    )
    load.replace_floors(con, shuffled_floors(samples, seed=1), runs["run_id"].to_list())


def store_ladder(con: duckdb.DuckDBPyConnection, ladder: Ladder, options: AnalysisOptions | None = None) -> str:
    """Analyse one ladder, store it, and return its verdict."""
    runs = [run_id(model, ladder.task_id) for model in ladder.models]
    info = LadderInfo(
        ladder_id=ladder.ladder_id,
        family=ladder.family,
        task_id=ladder.task_id,
        task_title=ladder.title,
        axis=ladder.axis,
        n_shots=None,
        prompting=None,
        filter=None,
        chance=ladder.chance,
        input_hash=f"hash of {ladder.ladder_id}",
    )
    analysis = analyze_ladder(_rows(con, runs, ladder.axis), info, options or AnalysisOptions(resamples=40), NOW)
    frames = dict(analysis.frames)
    if ladder.verdict:
        frames["verdict"] = frames["verdict"].with_columns(
            pl.lit(value).cast(frames["verdict"].schema[name]).alias(name) for name, value in ladder.verdict.items()
        )
    load.replace_ladder(con, frames, ladder.ladder_id)
    return str(frames["verdict"]["verdict"][0])


def _rows(con: duckdb.DuckDBPyConnection, runs: list[str], axis: str) -> pl.DataFrame:
    scores = con.sql(
        'SELECT s.*, r.model_id, m.seed, m.* EXCLUDE (model_id, seed, source), i."cluster" FROM score AS s '
        "JOIN run AS r USING (run_id) JOIN model AS m USING (model_id) "
        "LEFT JOIN item AS i ON i.task_id = r.task_id AND i.item_id = s.item_id "
        "WHERE run_id IN (SELECT unnest($runs))",
        params={"runs": runs},
    ).pl()
    scores = scores.with_columns(pl.col(axis).alias("scale"))
    floors = con.sql(
        "SELECT run_id, metric, value FROM floor WHERE run_id IN (SELECT unnest($runs))", params={"runs": runs}
    ).pl()
    if floors.is_empty():
        return scores
    wide = floors.pivot("metric", index="run_id", values="value")
    return scores.join(wide.rename({name: f"floor:{name}" for name in wide.columns if name != "run_id"}), on="run_id")
