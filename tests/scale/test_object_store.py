"""Rows of a lake in an object store."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from flows import object_store
from tests.flows.make import STUDY, Workshop
from tests.scale.postgres import Server
from tests.scale.rows import rows_of
from tests.scale.s3 import KEY, Store, storing
from tests.warehouse import make
from warehouse.copy import copy_warehouse
from warehouse.db import open_warehouse, publish, published_path
from warehouse.errors import SqlError
from warehouse.lake.address import parse_address
from warehouse.lake.errors import LakePermissionError, explained
from warehouse.lake.link import link_to
from warehouse.sql_shell import SqlShell

NOW = dt.datetime(2026, 11, 23, 12, 0, tzinfo=dt.UTC)

OF_FILES = ("source_file", "run", "source_score", "finding")
"""Tables that name the files."""


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[Store]:
    """An object store whose keys are in the environment."""
    with storing() as found:
        monkeypatch.setenv("AWS_ENDPOINT_URL", found.url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        monkeypatch.setenv("AWS_REGION", "eu-west-1")
        yield found


@pytest.mark.scale
def test_logs_and_rows_lie_in_an_object_store(
    store: Store, postgres: Server, finished: Workshop, workshop: Workshop
) -> None:
    for task in ("add", "copy"):
        store.objects[f"/logs/today/{task}.parquet"] = (finished.folder / f"{task}.parquet").read_bytes()
    url = postgres.new_database("in_store")
    workshop.write_models()
    study = STUDY.replace('"*.parquet"', '"s3://logs/today/*.parquet"')
    workshop.write_study(f'warehouse = "ducklake:{url}?data_path=s3://lab/study"\n{study}')
    assert not workshop.run(("pull", "score", "analyze", "report")).is_partial
    with closing(finished.open()) as usual, closing(workshop.open()) as con:
        wanted, found = rows_of(usual), rows_of(con)
    assert wanted["verdict"]
    assert {table: rows for table, rows in found.items() if table not in OF_FILES} == {
        table: rows for table, rows in wanted.items() if table not in OF_FILES
    }
    assert {path.split("/")[4] for path in store.objects if path.startswith("/lab/study/mirage/")} >= {"sample", "item"}
    assert workshop.run().did_nothing
    store.objects["/logs/today/add.parquet"] = store.objects["/logs/today/copy.parquet"]
    workshop.run(("pull",))
    assert workshop.rows("SELECT DISTINCT task_id FROM run") == [("copy",)]


def test_a_store_that_refuses_and_an_object_that_is_too_large(
    store: Store, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.objects["/logs/add.parquet"] = b"x" * 99
    workshop.write_models()
    workshop.write_study(STUDY.replace('"*.parquet"', '"s3://logs/add.parquet"'))
    monkeypatch.setattr(object_store, "MOST_BYTES", 98)
    workshop.run(("pull",))
    [finding] = workshop.findings("remote")
    assert "install the package s3fs" in finding["reason"]
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    workshop.run(("pull",))
    [finding] = workshop.findings("remote")
    assert "it cannot be fetched: IOException" in finding["reason"]


def test_rows_lie_in_an_object_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    link, file = tmp_path / "mirage.lake", tmp_path / "copy.duckdb"
    address = parse_address("ducklake:c.ducklake?data_path=s3://lab/evals", tmp_path)
    link_to(link, address)
    with storing() as store:
        monkeypatch.setenv("AWS_ENDPOINT_URL", store.url)
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY)
        monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        monkeypatch.setenv("AWS_REGION", "eu-west-1")
        with closing(open_warehouse(link)) as con:
            make.fill(con)
            wanted = rows_of(con)
            con.execute("DELETE FROM sample WHERE item_id = 'i0'")
            assert con.execute("SELECT count(*) FROM sample").fetchall() == [(36,)]
            publish(con, link, published_path(link), NOW, "test")
        with SqlShell(published_path(link)) as shell:
            assert shell.ask("SELECT count(*) AS n FROM sample_scored").frame["n"].to_list() == [36]
            with pytest.raises(SqlError, match="disabled"):
                shell.ask("SELECT * FROM read_text('s3://lab/other')")
        assert {path.rpartition("/")[0] for path in store.objects} >= {"/lab/evals/mirage/sample"}
        assert len(wanted["sample"]) == 48
        copy_warehouse(link, file)
        with closing(open_warehouse(file)) as con:
            assert len(rows_of(con)["sample"]) == 36
        monkeypatch.setenv("AWS_ACCESS_KEY_ID", "stranger")
        with closing(open_warehouse(link)) as con, pytest.raises(duckdb.Error) as caught:
            con.execute("UPDATE sample SET output = 'new'")
        assert isinstance(explained(address, caught.value), LakePermissionError)
