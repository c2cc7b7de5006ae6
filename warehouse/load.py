"""Everything that writes to the warehouse. What a call replaces, it replaces whole or not at all."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import duckdb
import polars as pl

from warehouse.definitions import statement
from warehouse.errors import FrameError, RunTakenError
from warehouse.keys import check_unique
from warehouse.load_cells import replace_cell_scores
from warehouse.load_ladders import adjust_break_tails, forget_ladders, replace_ladder, replace_ladders
from warehouse.load_models import replace_models, resolve_models, upsert_models
from warehouse.load_scores import replace_floors, replace_metrics, write_scores
from warehouse.stage import Source, columns, insert, insert_staged, staged
from warehouse.transaction import transaction

__all__ = [
    "adjust_break_tails",
    "forget_findings",
    "forget_ladders",
    "forget_source",
    "known_files",
    "record_findings",
    "replace_cell_scores",
    "replace_floors",
    "replace_ladder",
    "replace_ladders",
    "replace_metrics",
    "replace_models",
    "replace_run",
    "replace_runs",
    "replace_source",
    "resolve_models",
    "upsert_models",
    "write_scores",
]

RUN_TABLES = ("source_score", "run", "sample", "score", "score_version", "floor", "cell_score")
"""Tables with rows of runs; what a run's file states of it is found by the run, so that goes first."""


def known_files(con: duckdb.DuckDBPyConnection) -> dict[str, tuple[str, str]]:
    """What was pulled already: (sha256, settings_hash) by uri."""
    rows = con.execute("SELECT uri, sha256, settings_hash FROM source_file").fetchall()
    return {uri: (sha256, settings_hash) for uri, sha256, settings_hash in rows}


def replace_source(
    con: duckdb.DuckDBPyConnection,
    source: Mapping[str, object],
    *,
    runs: pl.DataFrame,
    samples: Source,
    items: pl.DataFrame | None = None,
    findings: pl.DataFrame | None = None,
    source_scores: pl.DataFrame | None = None,
    take_over: bool = False,
) -> None:
    """Store one pulled file with all its runs, in one transaction; what it held before is gone.

    Args:
        con: A writable warehouse.
        source: The row of ``source_file``.
        runs: Rows of ``run``; all with the file's uri. May be empty: then only findings and the file are recorded.
        samples: Rows of ``sample`` of these runs, as a frame or staged Parquet.
        items: Rows of ``item``; they replace what is known of the same items.
        findings: Rows of ``finding`` of this file.
        source_scores: Rows of ``source_score`` of this file.
        take_over: Runs may be stored under another file already, which then loses them (it was moved).

    Raises:
        RunTakenError: A run is stored under another file and ``take_over`` is not set.
        FrameError: Rows do not fit, or samples name a run that is not given.
        DuplicateKeyError: Rows repeat a key.
    """
    uri = str(source["uri"])
    foreign = runs.filter(pl.col("uri") != uri) if runs.height else runs
    if foreign.height:
        raise FrameError(f"file {uri}: run {foreign['run_id'][0]!r} names another file, {foreign['uri'][0]}")
    with transaction(con):
        if not take_over:
            _refuse_taken(con, runs, uri)
        dropped = [run for (run,) in con.execute("SELECT run_id FROM run WHERE uri = ?", [uri]).fetchall()]
        _delete_findings(con, "pull", "uri", [uri])
        _delete_file(con, uri)
        _replace_runs(con, runs, samples, items, findings, also_drop=dropped)
        if source_scores is not None:
            insert(con, "source_score", source_scores)
        insert(con, "source_file", pl.DataFrame([dict(source)]))


def replace_runs(
    con: duckdb.DuckDBPyConnection,
    runs: pl.DataFrame,
    samples: Source,
    *,
    items: pl.DataFrame | None = None,
    findings: pl.DataFrame | None = None,
) -> None:
    """Store many runs in one transaction: their old samples, scores and findings are replaced.

    Args:
        con: A writable warehouse.
        runs: Rows of ``run``.
        samples: Rows of ``sample`` of exactly these runs, as a frame or staged Parquet.
        items: Rows of ``item``; they replace what is known of the same items.
        findings: Rows of ``finding``.

    Raises:
        FrameError: Rows do not fit, or samples name a run that is not given.
        DuplicateKeyError: Rows repeat a key.
    """
    with transaction(con):
        _replace_runs(con, runs, samples, items, findings)


def replace_run(
    con: duckdb.DuckDBPyConnection,
    run: Mapping[str, object],
    samples: Source,
    *,
    items: pl.DataFrame | None = None,
    findings: pl.DataFrame | None = None,
) -> None:
    """Store one run in one transaction; see ``replace_runs``."""
    replace_runs(con, pl.DataFrame([dict(run)]), samples, items=items, findings=findings)


def forget_source(con: duckdb.DuckDBPyConnection, uri: str) -> int:
    """Remove a file with its runs, samples, scores and findings; its ladders become stale.

    Returns:
        Number of runs removed.
    """
    with transaction(con):
        runs = [run for (run,) in con.execute("SELECT run_id FROM run WHERE uri = ?", [uri]).fetchall()]
        delete_runs(con, runs)
        _delete_findings(con, "pull", "uri", [uri])
        _delete_file(con, uri)
    return len(runs)


def record_findings(con: duckdb.DuckDBPyConnection, findings: pl.DataFrame) -> None:
    """Store findings in place of those of the same stage about the same file, run and ladder.

    Raises:
        FrameError: Rows do not fit the table ``finding``.
    """
    if findings.is_empty():
        return
    with transaction(con):
        with staged(con, _with_subject(findings)):
            con.execute(statement("delete_same_findings"))
        insert(con, "finding", findings)


def forget_findings(
    con: duckdb.DuckDBPyConnection, stage: str, *, uri: str | None = None, ladder_id: str | None = None
) -> None:
    """Remove the findings of a stage: about one file, about one ladder, or all of them."""
    con.execute(statement("forget_findings"), {"stage": stage, "uri": uri, "ladder_id": ladder_id})


def _replace_runs(
    con: duckdb.DuckDBPyConnection,
    runs: pl.DataFrame,
    samples: Source,
    items: pl.DataFrame | None,
    findings: pl.DataFrame | None,
    also_drop: Iterable[str] = (),
) -> None:
    run_ids: list[str] = runs["run_id"].to_list() if runs.height else []
    delete_runs(con, sorted({*run_ids, *also_drop}))
    if run_ids:
        insert(con, "run", runs)
        with staged(con, samples) as name:
            _check_counts(con, runs)
            insert_staged(con, "sample", name)
    if items is not None and items.height:
        _replace_items(con, items)
    if findings is not None and findings.height:
        insert(con, "finding", findings)


def _replace_items(con: duckdb.DuckDBPyConnection, items: pl.DataFrame) -> None:
    check_unique(items, "item")
    absent = [pl.lit(None).alias(name) for name in columns(con, "item") if name not in items.columns]
    with staged(con, items.with_columns(absent), "staged_items"):
        new = con.sql(statement("new_items")).pl()
    if new.height:
        with staged(con, new, "staged_items"):
            con.execute(statement("delete_staged_items"))
        insert(con, "item", new)


def delete_runs(con: duckdb.DuckDBPyConnection, run_ids: Sequence[str]) -> None:
    """Delete what belongs to these runs, and the items of tasks that are left without a run."""
    known = con.execute(statement("known_runs"), {"run_ids": list(run_ids)}).fetchall()
    if not known:
        return
    stored = {"run_ids": [run for run, _ in known]}
    for table in RUN_TABLES:
        con.execute(statement(f"delete_{table}"), stored)
    _delete_findings(con, "pull", "run_id", stored["run_ids"])
    _delete_findings(con, "score", "run_id", stored["run_ids"])
    con.execute(statement("delete_items_without_run"), {"task_ids": sorted({task for _, task in known})})


def _delete_file(con: duckdb.DuckDBPyConnection, uri: str) -> None:
    for table in ("source_file", "source_score"):
        con.execute(f"DELETE FROM {table} WHERE uri = ?", [uri])


def _delete_findings(con: duckdb.DuckDBPyConnection, stage: str, column: str, values: list[str]) -> None:
    con.execute(statement(f"delete_findings_by_{column}"), {"stage": stage, "values": values})


def _check_counts(con: duckdb.DuckDBPyConnection, runs: pl.DataFrame) -> None:
    given = con.sql(statement("staged_samples_by_run")).pl()
    both = given.join(runs.select("run_id", "n_samples"), on="run_id", how="full", coalesce=True).sort("run_id")
    strangers = both.filter(pl.col("n_samples").is_null())["run_id"].to_list()
    if strangers:
        raise FrameError(f"samples name {len(strangers)} run(s) that were not given: {', '.join(strangers[:5])}")
    wrong = both.filter(pl.col("n_samples") != pl.col("found").fill_null(0))
    if wrong.height:
        run_id, found, stated = wrong.row(0)
        raise FrameError(
            f"run {run_id!r}: n_samples says {stated} but {found or 0} samples were given "
            f"({wrong.height} run(s) like it); nothing was written"
        )


def _refuse_taken(con: duckdb.DuckDBPyConnection, runs: pl.DataFrame, uri: str) -> None:
    if runs.is_empty():
        return
    taken = con.execute(statement("runs_of_other_files"), {"run_ids": runs["run_id"].to_list(), "uri": uri}).fetchall()
    if taken:
        raise RunTakenError(uri, dict(taken))


def _with_subject(findings: pl.DataFrame) -> pl.DataFrame:
    """The columns that say what a finding is about; absent ones are NULL."""
    subject = ("stage", "uri", "run_id", "ladder_id")
    return findings.select(
        [
            pl.col(name).cast(pl.String) if name in findings.columns else pl.lit(None, pl.String).alias(name)
            for name in subject
        ]
    ).unique()
