"""What logs state of themselves: stored with their file, gone with it, and compared in views."""

from __future__ import annotations

import duckdb

from tests.warehouse import make
from warehouse import load, query

COUNT = "SELECT count(*) FROM source_score WHERE uri = ?"


def count(con: duckdb.DuckDBPyConnection, uri: str) -> int:
    [(n_rows,)] = con.execute(COUNT, [uri]).fetchall()
    return int(n_rows)


def test_they_are_replaced_with_their_file(filled: duckdb.DuckDBPyConnection) -> None:
    assert count(filled, "outputs.parquet") == make.source_scores().height
    load.replace_source(filled, make.source_row(), runs=make.runs(), samples=make.samples())
    assert count(filled, "outputs.parquet") == 0


def test_they_go_with_their_file(filled: duckdb.DuckDBPyConnection) -> None:
    load.forget_source(filled, "outputs.parquet")
    assert query.frame(filled, "source_score").is_empty()


def test_a_run_that_moves_leaves_none_behind(filled: duckdb.DuckDBPyConnection) -> None:
    moved, scores = make.runs(("add",), uri="moved.parquet"), make.source_scores("moved.parquet")
    kept = scores.filter(scores["task_id"] == "add")
    load.replace_source(
        filled,
        make.source_row("moved.parquet"),
        runs=moved,
        samples=make.samples(("add",)),
        source_scores=kept,
        take_over=True,
    )
    rows = query.frame(filled, "source_score", run_id=moved["run_id"].to_list())
    assert set(rows["uri"]) == {"moved.parquet"}


def test_agreement_is_by_run(filled: duckdb.DuckDBPyConnection) -> None:
    first, second = make.runs()["run_id"][0], make.runs()["run_id"][1]
    rows = {row["run_id"]: row for row in query.frame(filled, "log_agreement").to_dicts()}
    assert len(rows) == make.runs().height
    assert (rows[first]["n_stated"], rows[first]["n_agreeing"], rows[first]["agrees"]) == (2, 1, False)
    assert rows[first]["largest_difference"] == 0.25
    assert rows[second]["agrees"] is True
    filled.execute("DELETE FROM source_score")
    assert set(query.frame(filled, "log_agreement")["agrees"]) == {None}


def test_scores_without_outputs_are_a_curve_of_their_own(filled: duckdb.DuckDBPyConnection) -> None:
    (row,) = query.frame(filled, "log_curve").to_dicts()
    assert (row["run_id"], row["family"], row["n_params"], row["value"]) == ("elsewhere", "m", 1e6, 0.75)
    assert abs(row["high"] - 0.946) < 1e-12
    assert query.frame(filled, "log_score").filter("has_outputs").height == make.source_scores().height - 1
