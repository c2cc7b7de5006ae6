from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import duckdb
import polars as pl

from tests.warehouse import make, reader
from warehouse import load
from warehouse.db import publish, published_path

PUBLICATIONS = 20


def change_everything(con: duckdb.DuckDBPyConnection, generation: int) -> None:
    """Two thousand rows that all carry the generation, so that half of a change would show."""
    runs = [f"r{i}" for i in range(2000)]
    load.replace_floors(
        con,
        pl.DataFrame({"run_id": runs, "value": [float(generation)] * 2000}).with_columns(
            metric=pl.lit("exact_match"), kind=pl.lit("shuffled"), n=pl.lit(4)
        ),
        runs,
    )


def test_four_readers_through_twenty_publications(filled: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    path, stop = tmp_path / "w.duckdb", tmp_path / "stop"
    snapshot = published_path(path)
    change_everything(filled, 1)
    publish(filled, path, snapshot, make.NOW, "0.1.0")
    readers = [
        subprocess.Popen(
            [sys.executable, reader.__file__, str(snapshot), str(stop), kind], stdout=subprocess.PIPE, text=True
        )
        for kind in ("short", "short", "long", "long")
    ]
    try:
        for generation in range(2, PUBLICATIONS + 1):
            change_everything(filled, generation)
            assert publish(filled, path, snapshot, make.NOW, "0.1.0") == generation
    finally:
        stop.touch()
        reports = [json.loads(process.communicate(timeout=60)[0]) for process in readers]
    assert [report["problems"] for report in reports] == [[], [], [], []]
    assert all(report["rounds"] >= 3 for report in reports)
    assert len({generation for report in reports for generation in report["seen"]}) >= 3
