"""Input that is large in one way: a line of 100 MB, an output of a million characters, many golds."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT
from tests.flows.sources.reading import read

ROW = {"model_id": "m", "task_id": "t", "item_id": "a", "output": "x", "targets": ["x"]}
MEASURE = """
import resource, sys
from pathlib import Path
from tests.flows.sources.reading import read
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
found = read(Path(sys.argv[1]))
print(found.samples.height, found.n_quarantined, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""


def test_a_line_of_a_hundred_megabytes_costs_itself_and_bounded_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    with path.open("wb") as file:
        file.write(json.dumps(ROW).encode() + b"\n" + b'{"output": "')
        for _ in range(100):
            file.write(b"x" * 10**6)
        file.write(b'"}\n' + json.dumps(ROW | {"item_id": "b"}).encode() + b"\n")
    done = subprocess.run(
        [sys.executable, "-c", MEASURE, str(path)], cwd=ROOT, check=True, capture_output=True, text=True, timeout=120
    )
    n_rows, n_lost, kilobytes = map(int, done.stdout.split())
    assert (n_rows, n_lost) == (2, 1)
    assert kilobytes < 400_000


def test_outputs_of_a_million_characters_are_rows_like_others(tmp_path: Path) -> None:
    long = "é" * 10**6
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(ROW | {"output": long}) + "\n" + json.dumps(ROW | {"item_id": "b"}) + "\n")
    found = read(path)
    assert found.column("output") == [long, "x"]
    assert found.findings == ()


def test_many_golds_are_all_targets(tmp_path: Path) -> None:
    golds = [str(number) for number in range(10_000)]
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps(ROW | {"targets": golds}))
    assert read(path).column("targets") == [golds]
