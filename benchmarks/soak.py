"""Many runs of one study in one process while files arrive, change and disappear: memory, handles, disk, time.

Also how the time of a run with nothing to do grows with the warehouse (slope on log-log axes; 0: not at all).
"""

from __future__ import annotations

import argparse
import math
import os
import random
import statistics
import tempfile
import time
from pathlib import Path

import numpy as np

from flows.bench import Silent
from flows.session import run_direct
from flows.study_file import load_study
from tests.flows.make import Workshop, outputs

STAGES = ("pull", "score", "analyze", "report")
TASKS = ("add", "copy", "sort", "swap")


def memory_bytes() -> int:
    """Resident memory of this process."""
    return int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1]) * os.sysconf("SC_PAGE_SIZE")


def handles() -> int:
    """Open files of this process."""
    return len(list(Path("/proc/self/fd").iterdir()))


def disk_bytes(folder: Path) -> int:
    """Bytes of everything the runs have written."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def disturb(workshop: Workshop, draw: random.Random) -> None:
    """A file arrives or changes, or one disappears."""
    path = workshop.folder / f"{draw.choice(TASKS)}.parquet"
    if draw.random() < 1 / 4 and len(list(workshop.folder.glob("*.parquet"))) > 2:
        path.unlink(missing_ok=True)
    else:
        workshop.write(path.name, outputs(path.stem, seed=draw.randrange(1000)))


def run(workshop: Workshop) -> float:
    """CPU seconds of one run."""
    began = time.process_time()
    run_direct(load_study(workshop.path), Silent(), 0, STAGES)
    return time.process_time() - began


def soak(folder: Path, cycles: int) -> None:
    """Run again and again; each second run finds something new."""
    workshop, draw = Workshop(folder), random.Random(0)
    workshop.fill(TASKS)
    rows: list[tuple[int, int, int, float]] = []
    marks = {max(cycles * part // 5, 1) for part in range(1, 6)}
    print(f"{'cycle':>6} {'memory MiB':>11} {'handles':>8} {'disk MiB':>9} {'CPU s a cycle':>14}")
    spent: list[float] = []
    for cycle in range(1, cycles + 1):
        if draw.random() < 1 / 2:
            disturb(workshop, draw)
        spent.append(run(workshop))
        if cycle in marks:
            rows.append((memory_bytes(), handles(), disk_bytes(folder / "out"), statistics.mean(spent)))
            memory, handle, disk, seconds = rows[-1]
            print(f"{cycle:6d} {memory / 2**20:11.1f} {handle:8d} {disk / 2**20:9.1f} {seconds:14.3f}")
            spent.clear()
    first, last = rows[0], rows[-1]
    names = ("memory", "handles", "disk")
    print("last mark over first: " + ", ".join(f"{n} {last[i] / first[i]:.2f}" for i, n in enumerate(names)))


def idle_slope(folder: Path, sizes: tuple[int, ...]) -> None:
    """CPU of a run with nothing to do against the number of samples."""
    points = []
    for n_items in sizes:
        place = folder / str(n_items)
        place.mkdir()
        workshop = Workshop(place)
        workshop.write_study()
        workshop.write_models()
        for task in TASKS:
            workshop.write(f"{task}.parquet", outputs(task, n_items=n_items))
        run(workshop)
        spent = min(run(workshop) for _ in range(3))
        samples = n_items * len(TASKS) * 4
        points.append((samples, spent))
        print(f"nothing new: {samples:>9,} samples {spent:.3f} s of CPU")
    x, y = (np.log([point[i] for point in points]) for i in range(2))
    slope = float(np.polyfit(x, y, 1)[0]) if len(points) > 1 else math.nan
    print(f"slope of nothing new: {slope:.3f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="a few cycles")
    parser.add_argument("--cycles", type=int, default=500)
    parser.add_argument("--largest", type=int, default=20_000, help="items a task of the largest warehouse")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        soak_folder, idle_folder = Path(name, "soak"), Path(name, "idle")
        soak_folder.mkdir()
        idle_folder.mkdir()
        soak(soak_folder, 5 if arguments.smoke else arguments.cycles)
        idle_slope(idle_folder, (20, 200) if arguments.smoke else (20, 200, 2000, arguments.largest))


if __name__ == "__main__":
    main()
