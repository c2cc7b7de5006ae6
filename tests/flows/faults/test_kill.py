"""Killed at any moment and at every commit, the same command again gives the same warehouse."""

from __future__ import annotations

import logging
import random
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flows.cli_errors import Exit
from flows.lock import lock_path
from flows.service.record import last_run
from flows.session import run_direct
from tests.flows.faults.harness import ALL, ROOT, TASKS, broken, content, disturb, kill_after, left_over
from tests.flows.make import Said, Workshop

Content = dict[str, list[tuple[Any, ...]]]
STORMS, KILLS_A_STORM = 8, 25
"""Two hundred kills in parts that can be run one by one."""


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """A study that has not run."""
    workshop = Workshop(tmp_path_factory.mktemp("source"))
    workshop.fill(TASKS)
    return workshop


@pytest.fixture(scope="module")
def undisturbed(source: Workshop, tmp_path_factory: pytest.TempPathFactory) -> Content:
    workshop = copy_of(source, tmp_path_factory.mktemp("undisturbed"))
    workshop.run()
    return content(workshop)


def copy_of(workshop: Workshop, folder: Path) -> Workshop:
    shutil.copytree(workshop.folder, folder / "study")
    return Workshop(folder / "study")


def check(workshop: Workshop, wanted: Content) -> None:
    """Run again: everything is there, nothing is left over, and nothing is left to do."""
    workshop.run()
    found = content(workshop)
    assert found.keys() == wanted.keys()
    for table in wanted:
        assert found[table] == wanted[table], table
    assert left_over(workshop) == []
    assert workshop.run().did_nothing


@pytest.mark.parametrize(("commit", "when"), [(2, "before"), (2, "after"), (9, "before"), (14, "after")])
def test_killed_at_a_commit(source: Workshop, undisturbed: Content, tmp_path: Path, commit: int, when: str) -> None:
    workshop = copy_of(source, tmp_path)
    assert disturb(workshop, commit=commit, when=when).code == -signal.SIGKILL
    check(workshop, undisturbed)


@pytest.mark.long
def test_killed_before_and_after_every_commit(source: Workshop, undisturbed: Content, tmp_path: Path) -> None:
    commit, alive = 0, True
    while alive:
        commit += 1
        for when in ("before", "after"):
            workshop = copy_of(source, tmp_path / f"{commit}-{when}")
            alive = disturb(workshop, commit=commit, when=when).code == -signal.SIGKILL
            check(workshop, undisturbed)
            shutil.rmtree(workshop.folder)
    assert commit > 15, "the commits of a run"


def test_interrupted_by_hand(source: Workshop, undisturbed: Content, tmp_path: Path) -> None:
    workshop = copy_of(source, tmp_path)
    command = [sys.executable, "-m", "flows.cli", "run", str(workshop.path), "--direct"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    warehouse = workshop.study().warehouse_path
    until = time.monotonic() + 120
    while not warehouse.exists() and time.monotonic() < until:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    said, _ = process.communicate(timeout=120)
    assert process.returncode == Exit.INTERRUPTED, said
    assert "the same command goes on from there" in " ".join(said.split())
    assert not lock_path(warehouse).exists()
    record = last_run(workshop.study())
    assert record is None or record["state"] == "cancelled"
    check(workshop, undisturbed)


@pytest.mark.parametrize("seed", [1, 2])
def test_killed_at_a_random_moment(source: Workshop, undisturbed: Content, tmp_path: Path, seed: int) -> None:
    workshop, draw = copy_of(source, tmp_path), random.Random(seed)
    assert kill_after(workshop, draw.randrange(1, 14), draw.uniform(0, 0.05))[0]
    check(workshop, undisturbed)


@pytest.fixture(scope="module")
def killed() -> Iterator[Counter[str]]:
    """How often runs were killed after which of the lines they told, over all parts of the storm that were asked for.

    Said at the end for whoever runs it with --log-cli-level=INFO.
    """
    counts = Counter[str]()
    yield counts
    logging.getLogger(__name__).info("%d runs killed, after %s", counts.total(), dict(sorted(counts.items())))


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("seed", range(STORMS))
def test_killed_at_random_moments_of_every_stage(
    source: Workshop, undisturbed: Content, killed: Counter[str], tmp_path: Path, seed: int
) -> None:
    """A part of the storm: each time some kills in a row, then a run to the end; snapshot and pages included."""
    draw, mine, rounds = random.Random(seed), Counter[str](), 0
    while mine.total() < KILLS_A_STORM:
        rounds += 1
        workshop = copy_of(source, tmp_path / str(rounds))
        for _ in range(draw.randrange(1, 6)):
            # Stages of this small study end within moments; only the pages take a second.
            seconds = draw.choice((draw.uniform(0, 0.05), draw.uniform(0, 1.5)))
            alive, told = kill_after(workshop, draw.randrange(0, 20), seconds, ALL)
            mine[told.partition(" ")[0] if told.startswith("say") else told] += alive
            assert broken(workshop) == []
        check(workshop, undisturbed)
        run_direct(workshop.study(), Said(), 0, ALL)
        assert left_over(workshop) == []
        assert broken(workshop) == []
        shutil.rmtree(workshop.folder)
    killed.update(+mine)
    assert len({word for line in +mine for word in line.split()} & set(ALL)) > len(ALL) // 2, "stages that were met"
