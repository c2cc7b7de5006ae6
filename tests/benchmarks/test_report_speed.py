from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_build_is_measured_on_a_few_ladders(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "benchmarks/report_speed.py", "--smoke"],
        cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    files = [int(found) for found in re.findall(r"(\d+) files written", done.stdout)]
    # 44 ladders, the atlas and the study report in four forms; nothing; shared assets; one ladder, atlas and report
    assert files == [49, 0, 51, 6]
    assert re.search(r"^atlas: \d+\.\d\d MB", done.stdout, re.MULTILINE)
