"""CPU seconds of ``mirage run``: on the embedded study without Prefect and with it, and where nothing is new.

Each run is a process of its own; its CPU time includes that of its children (a Prefect server, where it starts one).
``--idle`` starts a Prefect server and sets a run that finds nothing new beside a flow of the same shape that does
nothing, turn by turn, once with compiled modules kept and once without: the difference is what the program costs.
"""

from __future__ import annotations

import argparse
import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
EMPTY = """
from prefect import flow, tags, task

@task(name="pages")
def pages(): pass

@flow(name="stage", validate_parameters=False)
def stage(study): pass

@flow(name="report", validate_parameters=False)
def report(study): pages()

@flow(name="empty", validate_parameters=False)
def empty(study):
    for _ in range(3):
        stage(study)
    report(study)

with tags("mirage", "empty"):
    empty("study.toml")
"""
"""Four subflows, one task and one parameter, as ``mirage run`` has where nothing is new."""


def cpu_seconds(folder: Path, command: list[str], environment: Mapping[str, str]) -> float:
    """CPU seconds of a command in a folder, and of all it starts and waits for."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    own = {"OMP_NUM_THREADS": "1", "PREFECT_HOME": str(folder / "prefect"), "PYTHONPATH": str(ROOT)}
    subprocess.run(command, cwd=folder, env=os.environ | own | environment, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def run_seconds(folder: Path, *options: str, **environment: str) -> float:
    """CPU seconds of one run of the embedded study in a folder."""
    return cpu_seconds(folder, [sys.executable, "-m", "flows.cli", "run", *options], environment)


def embedded(folder: Path, *, smoke: bool) -> None:
    """Runs of the embedded study, each way from nothing and again."""
    # The first run of a new version makes what is kept between runs; it is not counted.
    (folder / "warm").mkdir()
    run_seconds(folder / "warm", "--direct")
    ways = {"direct": ("--direct",)} if smoke else {"direct": ("--direct",), "prefect": ()}
    found = {}
    for way, options in ways.items():
        place = folder / way
        place.mkdir()
        found[way] = (run_seconds(place, *options), run_seconds(place, *options))
        print(f"{way:8s} first run {found[way][0]:6.1f} s of CPU, nothing new {found[way][1]:6.1f} s")
    if not smoke:
        extra = [found["prefect"][i] - found["direct"][i] for i in range(2)]
        print(f"Prefect costs {extra[0]:.1f} s of CPU more on a first run and {extra[1]:.1f} s where nothing is new")
        print(f"ratio Prefect / direct: {found['prefect'][0] / found['direct'][0]:.2f}")


def idle(folder: Path, rounds: int) -> None:
    """Runs that find nothing new beside empty flows, against one server."""
    from flows.prefect_settings import QUIET
    from flows.service.serve import server

    os.environ.pop("PREFECT_API_URL", None)
    os.environ.update(QUIET)
    run_seconds(folder, "--direct")
    (folder / "home").mkdir()
    with server(folder / "home") as url:
        kept = {"PREFECT_API_URL": url, "PYTHONPYCACHEPREFIX": str(folder / "compiled"), "PYTHONDONTWRITEBYTECODE": ""}
        # Those of installed packages, Prefect's among them, were compiled when they were installed.
        unkept = {"PREFECT_API_URL": url, "PYTHONDONTWRITEBYTECODE": "1"}
        for name, environment in (("compiled modules kept", kept), ("not kept", unkept)):
            compare(folder, name, environment, rounds)


def compare(folder: Path, name: str, environment: Mapping[str, str], rounds: int) -> None:
    """Say what idle runs, empty flows and idle runs without Prefect take."""
    command = [sys.executable, "-m", "flows.cli", "run"]
    ways = {"idle": command, "empty": [sys.executable, "-c", EMPTY], "direct": [*command, "--direct"]}
    for way in ways.values():
        cpu_seconds(folder, way, environment)
    taken = [[cpu_seconds(folder, way, environment) for way in ways.values()] for _ in range(rounds)]
    medians = dict(zip(ways, (statistics.median(times) for times in zip(*taken, strict=True)), strict=True))
    beyond = statistics.median(idle - empty for idle, empty, _ in taken)
    print(", ".join(f"{way} {seconds:.2f}" for way, seconds in medians.items()), end=" s of CPU; ")
    print(f"{name}: {beyond:.2f} s beyond Prefect's own, ratio {medians['idle'] / medians['empty']:.2f}", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="only the runs without Prefect")
    parser.add_argument("--idle", type=int, metavar="ROUNDS", help="only runs with nothing new, beside empty flows")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        if chosen.idle:
            idle(Path(name), chosen.idle)
        else:
            embedded(Path(name), smoke=chosen.smoke)


if __name__ == "__main__":
    main()
