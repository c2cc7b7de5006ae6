"""Killed at any moment, the same command again gives the same warehouse."""

from __future__ import annotations

import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.flows.make import Workshop

RUN = """
import sys
from pathlib import Path
from flows.session import run_direct
from flows.study_file import load_study
from tests.flows.make import Said, STAGES

class Loud(Said):
    def advance(self, stage):
        print(stage, flush=True)

run_direct(load_study(Path(sys.argv[1])), Loud(), 0, STAGES)
"""
TASKS = ("add", "copy", "sort", "swap", "turn")
TABLES = {
    "source_file": "* EXCLUDE (pulled_at, modified_ns)",
    "run": "* EXCLUDE (pulled_at)",
    "sample": "*",
    "item": "*",
    "model": "*",
    "score": "*",
    "score_version": "*",
    "floor": "*",
    "ladder": "* EXCLUDE (analysed_at)",
    "ladder_run": "*",
    "curve": "*",
    "verdict": "* EXCLUDE (decided_at)",
    "finding": "* EXCLUDE (found_at)",
}


def content(workshop: Workshop) -> dict[str, list[tuple[object, ...]]]:
    queries = {table: f"SELECT {columns} FROM {table}" for table, columns in TABLES.items()}
    return {table: sorted(workshop.rows(query), key=repr) for table, query in queries.items()}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[tuple[object, ...]]]:
    workshop = Workshop(tmp_path_factory.mktemp("undisturbed"))
    workshop.fill(TASKS)
    workshop.run()
    return content(workshop)


@pytest.mark.parametrize("stage", ["pull", "score", "analyze"])
def test_killed_in_a_stage_and_run_again(
    workshop: Workshop, undisturbed: dict[str, list[tuple[object, ...]]], stage: str
) -> None:
    workshop.fill(TASKS)
    command = [sys.executable, "-c", RUN, str(workshop.path)]
    process = subprocess.Popen(command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    for line in process.stdout:
        if line.strip() == stage:
            break
    time.sleep(random.Random(stage).uniform(0, 0.05))
    process.send_signal(signal.SIGKILL)
    process.stdout.close()
    assert process.wait() == -signal.SIGKILL
    workshop.run()
    assert content(workshop) == undisturbed
    assert sorted(path.name for path in (workshop.folder / "out").iterdir()) == [
        "mirage.duckdb",
        "mirage.last-run.json",
    ]
    assert workshop.run().did_nothing
