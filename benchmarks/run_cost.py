"""CPU seconds of ``mirage run`` on the embedded study: without Prefect, with it, and when nothing is new.

Each run is a process of its own in an empty folder; its CPU time includes that of its children (the Prefect server).
"""

from __future__ import annotations

import argparse
import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path


def cpu_seconds(folder: Path, *options: str) -> float:
    """CPU seconds of one run in a folder."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    environment = os.environ | {"OMP_NUM_THREADS": "1", "PREFECT_HOME": str(folder / "prefect")}
    root = str(Path(__file__).resolve().parent.parent)
    environment["PYTHONPATH"] = root
    command = [sys.executable, "-m", "flows.cli", "run", *options]
    subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="only the runs without Prefect")
    smoke = parser.parse_args().smoke
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        # The first run of a new version makes what is kept between runs; it is not counted.
        (folder / "warm").mkdir()
        cpu_seconds(folder / "warm", "--direct")
        ways = {"direct": ("--direct",)} if smoke else {"direct": ("--direct",), "prefect": ()}
        found = {}
        for way, options in ways.items():
            place = folder / way
            place.mkdir()
            found[way] = (cpu_seconds(place, *options), cpu_seconds(place, *options))
            print(f"{way:8s} first run {found[way][0]:6.1f} s of CPU, nothing new {found[way][1]:6.1f} s")
    if not smoke:
        extra = [found["prefect"][i] - found["direct"][i] for i in range(2)]
        print(f"Prefect costs {extra[0]:.1f} s of CPU more on a first run and {extra[1]:.1f} s where nothing is new")
        print(f"ratio Prefect / direct: {found['prefect'][0] / found['direct'][0]:.2f}")


if __name__ == "__main__":
    main()
