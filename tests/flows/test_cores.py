"""What a run does without on a machine with few cores."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from flows import cores
from flows.cores import POOLS, spare_threads

ROOT = Path(__file__).parents[2]


def test_thread_pools_are_single_where_cores_are_few_and_nobody_said_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    environment = {"POLARS_MAX_THREADS": "8"}
    monkeypatch.setattr(cores, "few_cores", lambda: False)
    spare_threads(environment)
    assert environment == {"POLARS_MAX_THREADS": "8"}
    monkeypatch.setattr(cores, "few_cores", lambda: True)
    spare_threads(environment)
    assert environment == dict.fromkeys(POOLS, "1") | {"POLARS_MAX_THREADS": "8"}


def test_binding_a_parameter_does_not_import_pandas_and_it_can_be_imported_afterwards() -> None:
    program = """
import sys
import duckdb
from flows.cores import without_pandas
with without_pandas():
    assert duckdb.connect().execute("SELECT ?", ["x"]).fetchall() == [("x",)]
    assert sys.modules["pandas"] is None
assert "pandas" not in sys.modules
import pandas
with without_pandas():
    assert sys.modules["pandas"] is pandas
"""
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
