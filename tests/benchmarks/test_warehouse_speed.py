from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_every_measurement_runs_on_a_small_warehouse(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "benchmarks/warehouse_speed.py", "--smoke", "--folder", str(tmp_path)],
        cwd=ROOT, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    for what in ("score_by_scale", "worst_disagreement", "file, short answers", "file, long texts", "publish  0.05 GB"):
        assert re.search(rf"^{what} +\d+\.\d+ .*x ", done.stdout, re.MULTILINE), what
    assert len(re.findall(r"^(?:kept|NOT KEPT) +.*at most", done.stdout, re.MULTILINE)) == 4
    assert list(tmp_path.iterdir()) == []
