from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_runs_of_one_process_leave_no_handle_open() -> None:
    done = subprocess.run(
        [sys.executable, "benchmarks/soak.py", "--smoke"],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    handles = [int(row[1]) for row in re.findall(r"^ +(\d+) +[\d.]+ +(\d+) ", done.stdout, re.MULTILINE)]
    assert len(handles) == 5
    assert handles[-1] == handles[1]
    assert re.search(r"^slope of nothing new: -?\d", done.stdout, re.MULTILINE)
