"""Every sample under every metric that its log allows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

import metrics.catalogue
from metrics.batch import Batch
from metrics.registry import METRICS, Metric, find

KEY = ("run_id", "item_id", "repeat")


@dataclass(frozen=True)
class Scores:
    """Scores of a set of samples.

    Attributes:
        frame: ``run_id``, ``item_id``, ``repeat`` and one Float64 column a metric; NULL where it cannot be computed.
        coverage: One row a (run, metric): ``run_id``, ``metric``, ``version``, ``n_scored`` and ``reason``, which is
            NULL where at least one sample was scored and else names what is missing.
    """

    frame: pl.DataFrame
    coverage: pl.DataFrame


def score_samples(samples: pl.DataFrame, names: Sequence[str] | None = None) -> Scores:
    """Score samples (columns of table ``sample``) under the named metrics, or under all.

    Text is tokenised once a tokenisation and log-probability lists are read once, whatever the number of metrics.

    Raises:
        MetricError: A name is not in the catalogue.
    """
    chosen = list(METRICS.values()) if names is None else [find(name) for name in names]
    by_needs: dict[tuple[str, ...], list[Metric]] = defaultdict(list)
    for metric in chosen:
        by_needs[metric.needs].append(metric)
    columns: dict[str, pl.Series] = {}
    for needs, members in by_needs.items():
        columns |= _score_group(samples, needs, members)
    frame = samples.select(KEY).with_columns(columns[metric.name].alias(metric.name) for metric in chosen)
    return Scores(frame, _coverage(frame, chosen))


def _score_group(samples: pl.DataFrame, needs: tuple[str, ...], members: list[Metric]) -> dict[str, pl.Series]:
    present = samples.select(pl.all_horizontal(_is_present(samples, column) for column in needs)).to_series()
    rows = samples.filter(present)
    nothing = pl.Series([None], dtype=pl.Float64).new_from_index(0, samples.height)
    if rows.is_empty():
        return {metric.name: nothing for metric in members}
    batch = Batch(rows)
    scored = {metric.name: metric.function(batch).cast(pl.Float64) for metric in members}
    if rows.height == samples.height:
        return scored
    place = present.arg_true()
    return {name: nothing.clone().scatter(place, values) for name, values in scored.items()}


def _is_present(samples: pl.DataFrame, column: str) -> pl.Expr:
    if column not in samples.columns:
        return pl.lit(value=False)
    present = pl.col(column).is_not_null()
    return present & (pl.col(column).list.drop_nulls().list.len() > 0) if column == "targets" else present


def _coverage(frame: pl.DataFrame, chosen: list[Metric]) -> pl.DataFrame:
    counted = frame.group_by("run_id", maintain_order=True).agg(pl.col(metric.name).count() for metric in chosen)
    about = pl.DataFrame(
        {
            "metric": [metric.name for metric in chosen],
            "version": pl.Series([metric.version for metric in chosen], dtype=pl.Int32),
            "missing": [f"not available: no usable {' or '.join(metric.needs)} in this run" for metric in chosen],
        }
    )
    return (
        counted.unpivot(index="run_id", variable_name="metric", value_name="n_scored")
        .join(about, on="metric", maintain_order="left")
        .select(
            "run_id",
            "metric",
            "version",
            pl.col("n_scored").cast(pl.Int64),
            reason=pl.when(pl.col("n_scored") == 0).then(pl.col("missing")),
        )
        .sort("run_id", "metric")
    )


__all__ = ["KEY", "Scores", "metrics", "score_samples"]
