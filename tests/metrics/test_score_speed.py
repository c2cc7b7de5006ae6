"""The benchmark runs, and what it times agrees; the times themselves are read by people."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT


def test_the_benchmark_runs_at_smoke_size(tmp_path: Path) -> None:
    path = tmp_path / "timings.json"
    command = [sys.executable, "-W", "error", "benchmarks/score_speed.py", "--smoke", "--lines", str(path)]
    environment = os.environ | {"PYTHONPATH": str(ROOT), "POLARS_MAX_THREADS": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr
    lines = json.loads(path.read_text())
    works = {(line["pairs"], line["work"]) for line in lines["timings"]}
    for pairs in ("short", "long"):
        for work in (
            "table to table, char",
            "table to table, word",
            "table to table, word, [fast]",
            "DuckDB levenshtein (bytes)",
        ):
            assert (pairs, work) in works
    assert all(line["nanoseconds"] > 0 for line in lines["timings"])
