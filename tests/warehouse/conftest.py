from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import pytest

from tests.warehouse import make
from warehouse.db import open_warehouse


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an empty and a filled warehouse, made once; tests work on copies."""
    folder = tmp_path_factory.mktemp("warehouses")
    for name in ("empty", "filled"):
        con = open_warehouse(folder / f"{name}.duckdb")
        if name == "filled":
            make.fill(con)
        con.close()
    return folder


@pytest.fixture(scope="session")
def unwritten(templates: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty warehouse for tests that only read, shared by all of them."""
    con = open_warehouse(templates / "empty.duckdb", read_only=True)
    yield con
    con.close()


@pytest.fixture
def empty(templates: Path, tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    shutil.copyfile(templates / "empty.duckdb", tmp_path / "w.duckdb")
    con = open_warehouse(tmp_path / "w.duckdb")
    yield con
    con.close()


@pytest.fixture
def filled(templates: Path, tmp_path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    shutil.copyfile(templates / "filled.duckdb", tmp_path / "w.duckdb")
    con = open_warehouse(tmp_path / "w.duckdb")
    yield con
    con.close()
