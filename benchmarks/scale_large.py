"""A made-up study of any size, end to end, in parts: 100,000 narrow rows a task, as many tasks as wanted.

    OMP_NUM_THREADS=1 POLARS_MAX_THREADS=2 python benchmarks/scale_large.py FOLDER --tasks 1000 --seconds 540
        [--warehouse "ducklake:postgres://user@host/database?data_path=FOLDER"] [--runner threads] [--files-only]

A task has ten sizes with two seeds and 5,000 items; outputs are three digits; the metrics are those that a verdict
needs. A call works for at most ``--seconds``, in a process of its own which is then killed, whatever it is doing; the
next call goes on from what was committed. Each part appends a line to ``FOLDER/measured.jsonl``: CPU seconds of the
process and its children, the most memory it held, and what the warehouse holds after it. ``--sum`` adds the parts up.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from contextlib import closing
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from flows.session import run_direct
from flows.study_file import load_study
from warehouse.db import open_warehouse

SIZES, SEEDS, ITEMS = [10 ** (4 + step / 2) for step in range(10)], 2, 5_000
ROWS_A_TASK = len(SIZES) * SEEDS * ITEMS
STUDY = """
name = "large"
warehouse = "{warehouse}"
runner = "{runner}"
workers = {workers}
models = "models.csv"
metrics = []

[[sources]]
uri = "files/*.parquet"

[[families]]
name = "m"
models = "m*"
"""
STAGES = ("pull", "score", "analyze", "report")
NUMBERS = pl.Series([f"{number:03d}" for number in range(1000)])


def make_study(folder: Path, n_tasks: int, warehouse: str, runner: str, workers: int) -> None:
    """The study and its files, as far as they are not there."""
    (folder / "files").mkdir(parents=True, exist_ok=True)
    (folder / "study.toml").write_text(
        STUDY.format(warehouse=warehouse, runner=runner, workers=workers), encoding="utf-8"
    )
    models = [
        {"model_id": f"m{size:.0f}-{seed}", "family": "m", "seed": seed, "n_params": size}
        for size in SIZES
        for seed in range(SEEDS)
    ]
    pl.DataFrame(models).write_csv(folder / "models.csv")
    for task in range(n_tasks):
        path = folder / "files" / f"{task:05d}.parquet"
        if not path.exists():
            outputs(task, [str(model["model_id"]) for model in models]).write_parquet(path.with_suffix(".part"))
            path.with_suffix(".part").rename(path)


def outputs(task: int, models: list[str]) -> pl.DataFrame:
    """Digits that get better with size, around a scale and at a pace of the task's own."""
    random = np.random.default_rng(task)
    middle, pace = random.uniform(5, 8), random.uniform(0.8, 4)
    targets = random.integers(0, 1000, ITEMS)
    digits = np.stack([targets // 100, targets // 10 % 10, targets % 10])
    share = 1 / (1 + np.exp(-pace * (np.log10(np.repeat(SIZES, SEEDS)) - middle)))
    wrong = random.random((len(models), 3, ITEMS)) > share[:, None, None]
    answers = (digits + wrong) % 10 * np.array([100, 10, 1])[:, None]
    items = pl.DataFrame({"item_id": [f"i{item}" for item in range(ITEMS)], "targets": NUMBERS[targets]})
    return pl.concat(
        items.select(
            pl.lit(model).alias("model_id"),
            pl.lit(f"task{task:05d}").alias("task_id"),
            "item_id",
            pl.concat_list("targets"),
            NUMBERS[answers[number].sum(0)].alias("output"),
        )
        for number, model in enumerate(models)
    )


def one_part(folder: Path, stages: tuple[str, ...]) -> None:
    """Run the study until it is done or killed; says when stages begin."""
    outcome = run_direct(load_study(folder / "study.toml"), Clock(), 0, stages)
    print(json.dumps({"done": not outcome.is_partial}), flush=True)


class Clock:
    """Progress that notes CPU seconds at the beginning and end of stages."""

    def start(self, stage: str, total: int) -> None:
        print(json.dumps({"stage": stage, "units": total, "cpu": cpu_seconds()}), flush=True)

    def advance(self, stage: str) -> None:
        """Nothing."""

    def finish(self, stage: str, text: str) -> None:
        print(json.dumps({"stage": stage, "text": text, "cpu": cpu_seconds()}), flush=True)

    def say(self, text: str) -> None:
        print(json.dumps({"said": text}), flush=True)


def cpu_seconds() -> float:
    """Of this process and of children that have ended."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(used.ru_utime + used.ru_stime for used in both)


def measured_part(folder: Path, seconds: float, stages: tuple[str, ...]) -> dict[str, Any]:
    """A part in a process of its own, ended after so many seconds, with what it took."""
    command = [sys.executable, __file__, str(folder), "--one-part", "--stages", *stages]
    before, began = cpu_seconds(), time.perf_counter()
    child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    timer = threading.Timer(seconds, lambda: os.killpg(child.pid, signal.SIGKILL))
    timer.start()
    lines = [json.loads(line) for line in child.stdout or () if line.startswith("{")]
    child.wait()
    timer.cancel()
    memory = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return {
        "ended": child.returncode,
        "cpu": round(cpu_seconds() - before, 1),
        "wall": round(time.perf_counter() - began, 1),
        "memory_mib": round(memory),
        "steps": lines,
    } | held(folder)


def held(folder: Path) -> dict[str, Any]:
    """What the warehouse holds, and what it takes on disk."""
    study = load_study(folder / "study.toml")
    counts = "SELECT (SELECT count(*) FROM sample), (SELECT count(*) FROM score), (SELECT count(*) FROM ladder)"
    with closing(open_warehouse(study.warehouse_path, read_only=True)) as con:
        [(samples, scores, ladders)] = con.execute(counts).fetchall()
    return {"samples": samples, "scores": scores, "ladders": ladders}


def summed(folder: Path) -> dict[str, Any]:
    """All parts together."""
    parts = [json.loads(line) for line in (folder / "measured.jsonl").read_text(encoding="utf-8").splitlines()]
    return {
        "parts": len(parts),
        "cpu": round(sum(part["cpu"] for part in parts), 1),
        "memory_mib": max(part["memory_mib"] for part in parts),
        **{name: parts[-1][name] for name in ("samples", "scores", "ladders", "ended")},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--tasks", type=int, default=10, help=f"Of {ROWS_A_TASK:,} rows each.")
    parser.add_argument("--warehouse", default="ducklake:out/large.ducklake")
    parser.add_argument("--runner", default="auto")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--stages", nargs="+", choices=STAGES, default=STAGES)
    parser.add_argument("--seconds", type=float, default=540)
    parser.add_argument("--files-only", action="store_true")
    parser.add_argument("--sum", action="store_true")
    parser.add_argument("--one-part", action="store_true", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one_part:
        one_part(given.folder, tuple(given.stages))
        return
    if not given.sum:
        make_study(given.folder, given.tasks, given.warehouse, given.runner, given.workers)
        if given.files_only:
            return
        part = measured_part(given.folder, given.seconds, tuple(given.stages))
        with (given.folder / "measured.jsonl").open("a", encoding="utf-8") as file:
            file.write(json.dumps(part) + "\n")
        print(json.dumps(part, indent=1))
    print(json.dumps(summed(given.folder)))


if __name__ == "__main__":
    main()
