"""Scores of long runs are stored by value; what is stored is the same."""

from __future__ import annotations

import random

import duckdb
import polars as pl
import pytest

from tests.warehouse import make
from warehouse import load
from warehouse.arrange import ROWS_A_RUN, order_of

VERSIONS = {"exact_match": 1, "share": 1, "nats": 1}


def _fill(con: duckdb.DuckDBPyConnection, n_items: int) -> pl.DataFrame:
    """One run of so many outputs; its scores, in the order of the items."""
    drawn = random.Random(7)
    items = [f"i{number:05d}" for number in range(n_items)]
    edits = [drawn.randrange(8) for _ in items]
    run = make.runs(("add",)).head(1).with_columns(n_samples=pl.lit(n_items))
    key = pl.DataFrame({"run_id": run["run_id"][0], "item_id": items, "repeat": 0})
    load.replace_runs(con, run, key.with_columns(output=pl.lit("7"), targets=pl.lit(["7"], pl.List(pl.String))))
    scores = key.with_columns(
        exact_match=pl.Series([float(edit == 0) for edit in edits]),
        share=pl.Series([1 - edit / 7 for edit in edits]),
        nats=pl.Series([-drawn.random() for _ in items]),
    )
    load.write_scores(con, scores, run_ids=key["run_id"].unique().to_list(), versions=VERSIONS)
    return scores


def _stored(con: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    return con.sql("SELECT run_id, item_id, repeat, exact_match, share, nats FROM score").pl()


def test_equal_values_of_a_long_run_lie_side_by_side(empty: duckdb.DuckDBPyConnection) -> None:
    given = _fill(empty, ROWS_A_RUN)
    stored = _stored(empty)
    assert stored["share"].rle_id().max() == 7
    assert stored["item_id"].to_list() != given["item_id"].to_list()
    assert stored.sort("item_id").equals(given.with_columns(pl.col("repeat").cast(pl.Int32)))


def test_they_take_less_room(empty: duckdb.DuckDBPyConnection) -> None:
    _fill(empty, 20_000)
    empty.execute("CHECKPOINT")
    used = empty.execute(
        "SELECT DISTINCT compression FROM pragma_storage_info('score') "
        "WHERE column_name = 'share' AND segment_type = 'DOUBLE'"
    ).fetchall()
    assert used == [("RLE",)]


def test_a_short_run_keeps_its_order(empty: duckdb.DuckDBPyConnection) -> None:
    given = _fill(empty, ROWS_A_RUN - 1)
    assert _stored(empty)["item_id"].to_list() == given["item_id"].to_list()


@pytest.mark.parametrize(
    ("columns", "order"),
    [
        ("i % 3 AS few, i % 500 AS some, i / 7 AS many", ("run_id", "few", "some", "item_id", "repeat")),
        ("1.0 AS one, i / 7 AS many", ()),
        ("NULL::DOUBLE AS nothing", ()),
    ],
)
def test_metrics_that_repeat_their_values_give_the_order(
    empty: duckdb.DuckDBPyConnection, columns: str, order: tuple[str, ...]
) -> None:
    empty.execute(
        f"CREATE TEMP TABLE given AS SELECT 'r' AS run_id, i AS item_id, 0 AS repeat, {columns} FROM range(5000) t(i)"
    )
    assert order_of(empty, "given", 1) == order
    assert order_of(empty, "given", 6) == ()
