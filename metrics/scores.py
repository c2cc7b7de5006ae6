"""Every sample under every metric that its log allows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

import metrics.catalogue
from metrics.batch import Batch
from metrics.registry import Metric, default_metrics, find

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
    """Score samples (columns of table ``sample``) under the named metrics, or under those scored by default.

    Text is tokenised once a tokenisation and log-probability lists are read once, whatever the number of metrics.

    Raises:
        MetricError: A name is not in the catalogue and cannot be derived from it.
    """
    chosen = default_metrics() if names is None else [find(name) for name in names]
    by_needs: dict[tuple[str, ...], list[Metric]] = defaultdict(list)
    for metric in chosen:
        by_needs[metric.needs].append(metric)
    columns: dict[str, pl.Series] = {}
    for needs, members in by_needs.items():
        columns |= score_group(samples, needs, members)
    frame = samples.select(KEY).with_columns(columns[metric.name].alias(metric.name) for metric in chosen)
    return Scores(frame, _coverage(samples, frame, chosen))


def score_group(samples: pl.DataFrame, needs: tuple[str, ...], members: list[Metric]) -> dict[str, pl.Series]:
    """Score samples under metrics of the same needs: by name, one value a sample, NULL where a need is not met."""
    present = samples.select(pl.all_horizontal(_is_present(samples, need) for need in needs)).to_series()
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


def _is_present(samples: pl.DataFrame, need: str) -> pl.Expr:
    """Whether a need is met in each row: one of its columns, where it names alternatives, is not NULL."""
    return pl.any_horizontal(_column_is_present(samples, column) for column in need.split("|"))


def _column_is_present(samples: pl.DataFrame, column: str) -> pl.Expr:
    if column not in samples.columns:
        return pl.repeat(value=False, n=pl.len())
    present = pl.col(column).is_not_null()
    if column != "targets":
        return present
    # NULLs inside the lists are rare, and leaving them out copies every text
    holds_nulls = samples[column].drop_nulls().explode(empty_as_null=False).null_count() > 0
    known = pl.col(column).list.drop_nulls() if holds_nulls else pl.col(column)
    return present & (known.list.len() > 0)


def _coverage(samples: pl.DataFrame, frame: pl.DataFrame, chosen: list[Metric]) -> pl.DataFrame:
    counted = frame.group_by("run_id", maintain_order=True).agg(pl.col(metric.name).count() for metric in chosen)
    versions = pl.DataFrame(
        {
            "metric": [metric.name for metric in chosen],
            "version": pl.Series([metric.version for metric in chosen], dtype=pl.Int32),
        }
    )
    scored = counted.unpivot(index="run_id", variable_name="metric", value_name="n_scored")
    return (
        scored.join(versions, on="metric", maintain_order="left")
        .join(_missing(samples, scored), on=["run_id", "metric"], how="left", maintain_order="left")
        .select("run_id", "metric", "version", pl.col("n_scored").cast(pl.Int64), "reason")
        .sort("run_id", "metric")
    )


def _missing(samples: pl.DataFrame, scored: pl.DataFrame) -> pl.DataFrame:
    """Why nothing was scored: ``run_id``, ``metric``, ``reason`` for every run and metric of which that is true."""
    empty = scored.filter(pl.col("n_scored") == 0).select("run_id", "metric").rows()
    needs = sorted({need for _, name in empty for need in find(name).needs})
    flags = samples.select("run_id").with_columns(samples.select(_is_present(samples, n).alias(n) for n in needs))
    met = flags.group_by("run_id").agg(pl.col(needs).any())
    present = {row["run_id"]: row for row in met.to_dicts()}
    rows = [(run_id, name, _reason(find(name), present[run_id])) for run_id, name in empty]
    schema = {"run_id": pl.String, "metric": pl.String, "reason": pl.String}
    return pl.DataFrame(rows, schema=schema, orient="row")


def _reason(metric: Metric, present: Mapping[str, bool]) -> str:
    absent = [need.replace("|", " or ") for need in metric.needs if not present[need]]
    if absent:
        return f"not available: no {' and no '.join(absent)} in this run"
    needed = " and ".join(need.replace("|", " or ") for need in metric.needs)
    return f"not available: no sample of this run has usable {needed}"


__all__ = ["KEY", "Scores", "metrics", "score_group", "score_samples"]
