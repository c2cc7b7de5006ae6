"""Scales that are no scales, and sizes without a single score: a finding or a verdict with its reason."""

from __future__ import annotations

import polars as pl
import pytest

from tests.flows.make import Workshop, outputs

SIZES = tuple(float(10**place) for place in (4, 4.5, 5, 5.5, 6, 6.5, 7))


def fill(workshop: Workshop, sizes: tuple[float, ...] = SIZES) -> None:
    workshop.write_study()
    workshop.write_models(sizes)
    workshop.write("add.parquet", outputs("add", sizes=SIZES))


@pytest.mark.parametrize("bad", [0.0, -5.0, None])
def test_a_size_that_is_none_is_left_out_and_named(workshop: Workshop, bad: float | None) -> None:
    fill(workshop)
    models = pl.read_csv(workshop.folder / "models.csv")
    first = pl.int_range(pl.len()) == 0
    models.with_columns(n_params=pl.when(first).then(bad).otherwise(pl.col("n_params"))).write_csv(
        workshop.folder / "models.csv"
    )
    workshop.run()
    [(n_scales, reason)] = workshop.rows("SELECT n_scales, reason FROM ladder JOIN verdict USING (ladder_id)")
    assert n_scales == len(SIZES) - 1
    assert reason
    assert workshop.findings("scale_unknown")


def test_a_size_without_a_single_output_leaves_nothing_to_compare(workshop: Workshop) -> None:
    fill(workshop)
    path = workshop.folder / "add.parquet"
    rows = pl.read_parquet(path)
    model = rows["model_id"][0]
    column = "output" if "output" in rows.columns else "prediction"
    rows.with_columns(
        pl.when(pl.col("model_id") == model).then(None).otherwise(pl.col(column)).alias(column)
    ).write_parquet(path)
    workshop.run()
    [(verdict, reason)] = workshop.rows("SELECT verdict, reason FROM verdict")
    assert verdict == "undetermined"
    assert "no item was answered by all" in reason


def test_two_models_of_one_size_are_replicates(workshop: Workshop) -> None:
    sizes = (*SIZES[:2], SIZES[1], *SIZES[3:])
    fill(workshop)
    models = pl.read_csv(workshop.folder / "models.csv")
    models.with_columns(n_params=pl.Series(sizes)).write_csv(workshop.folder / "models.csv")
    workshop.run()
    [(n_scales, n_runs)] = workshop.rows("SELECT n_scales, n_runs FROM ladder")
    assert (n_scales, n_runs) == (len(SIZES) - 1, len(SIZES))
