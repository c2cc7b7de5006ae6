"""No room left, no memory, a clock that jumps back, a server that goes away: an error, then the same warehouse."""

from __future__ import annotations

import datetime as dt
import json
import os
import resource
import signal
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from flows.analyze import analyze
from flows.bench import Bench
from flows.pull import pull
from flows.runners.hands import Crew, CrewRunner, InPlace
from flows.score import score
from flows.session import writing
from tests.flows.faults.harness import ALL, ROOT, content, disturb, left_over
from tests.flows.make import Said, Workshop, outputs
from warehouse.db import open_warehouse

KIBI = 2**10


def undisturbed_content(folder: Path) -> dict[str, list[tuple[Any, ...]]]:
    workshop = Workshop(folder / "undisturbed")
    workshop.folder.mkdir()
    workshop.fill()
    workshop.run()
    return content(workshop)


@pytest.mark.long
@pytest.mark.parametrize("largest_file", [n * KIBI for n in (4, 64, 500, 900, 1500, 2500, 4000, 6000)])
def test_no_room_left_is_said_and_the_next_run_goes_on(workshop: Workshop, tmp_path: Path, largest_file: int) -> None:
    workshop.fill()

    def limit() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (largest_file, resource.RLIM_INFINITY))

    command = [sys.executable, "-m", "flows.cli", "run", str(workshop.path), "--direct", "--json"]
    # Compiled modules that the limit cuts short would be read by the next process.
    environment = os.environ | {"PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, preexec_fn=limit)
    assert done.returncode == 1, done.stdout + done.stderr
    assert done.stdout, done.stderr
    assert "is full; free some space" in json.loads(done.stdout)["message"]
    assert "Traceback" not in done.stderr
    workshop.run()
    assert content(workshop) == undisturbed_content(tmp_path)
    assert left_over(workshop) == []


def test_no_memory_left_ends_the_run_and_the_next_goes_on(workshop: Workshop, tmp_path: Path) -> None:
    workshop.fill()
    ended = disturb(workshop, memory=700 * KIBI * KIBI, stages=ALL)
    assert ended.code != 0
    workshop.run()
    assert content(workshop) == undisturbed_content(tmp_path)
    assert left_over(workshop) == []


def test_a_clock_that_jumps_back_loses_nothing(ready: Workshop) -> None:
    ready.write("add.parquet", outputs("add", seed=1))
    study = ready.study()
    before = dt.datetime.now(dt.UTC).replace(tzinfo=None) - dt.timedelta(days=400)
    with writing(study, Said(), 0), closing(open_warehouse(study.warehouse_path)) as con:
        bench = Bench(study, con, CrewRunner(Crew.of(InPlace())), now=before)
        assert pull(bench).n_read == 1
        assert score(bench).n_runs == 4
        assert analyze(bench).n_analyzed >= 1
    assert ready.run().did_nothing
    assert ready.rows("SELECT count(*) FROM run WHERE pulled_at = ?", before) == [(4,)]


@pytest.mark.prefect
@pytest.mark.long
def test_a_server_that_goes_away_in_the_middle_costs_one_run(workshop: Workshop, tmp_path: Path) -> None:
    workshop.fill()
    environment = os.environ | {"PREFECT_HOME": str(tmp_path / "prefect"), "PYTHONPATH": str(ROOT)}
    environment.pop("PREFECT_API_URL", None)
    command = [sys.executable, "-m", "flows.cli", "run", str(workshop.path)]
    process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    lock = workshop.study().warehouse_path.with_name("mirage.duckdb.lock")
    until = time.monotonic() + 300
    while not lock.exists() and time.monotonic() < until:
        time.sleep(0.2)
    servers = [pid for pid in children(process.pid) if b"uvicorn" in command_of(pid) or b"prefect" in command_of(pid)]
    assert servers
    for pid in servers:
        os.kill(pid, signal.SIGKILL)
    process.communicate(timeout=500)
    workshop.run()
    assert content(workshop) == undisturbed_content(tmp_path)


def children(pid: int) -> list[int]:
    """Processes that a process has started, theirs included."""
    try:
        own = [int(text) for text in Path(f"/proc/{pid}/task/{pid}/children").read_text(encoding="ascii").split()]
    except OSError:
        return []
    return [*own, *(grandchild for child in own for grandchild in children(child))]


def command_of(pid: int) -> bytes:
    """The command line of a process."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
