"""Past one machine: what a row costs in every stage, what runners and lakes add, and what follows for 10^11 rows.

    OMP_NUM_THREADS=1 POLARS_MAX_THREADS=2 python benchmarks/scale.py [--smoke] [--rows 100000 1000000]
        [--lake "ducklake:postgres://user@host/database?data_path=FOLDER"]

The study is made here: two tasks, six sizes with two seeds, short answers. Every measurement is a process of its own;
times are CPU seconds of it and its children, memory is the most that it held. Costs a row are the difference between
two sizes, so that starting up does not count. The model and its simulation are in ``benchmarks/scale_model.py``.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from scale_model import Costs, forecast_table

from flows.analyze import analyze
from flows.bench import Bench, Result, Silent, Unit
from flows.pull import pull
from flows.runners.choice import runner_of
from flows.score import score
from flows.session import writing
from flows.study_file import load_study
from warehouse.db import open_warehouse

SIZES = [int(10 ** (4 + step)) for step in range(6)]
SEEDS, TASKS = 2, ("add", "spell")
N_RUNS = len(SIZES) * SEEDS * len(TASKS)
STUDY = """
name = "scale"
warehouse = "{warehouse}"
runner = "{runner}"
models = "models.csv"

[[sources]]
uri = "*.parquet"

[[families]]
name = "m"
models = "m*"
"""
STAGES: dict[str, Callable[[Bench], Any]] = {"read": pull, "score": score, "analyse": analyze}


@dataclass
class Watched:
    """A runner that does units one by one and adds up what the work itself takes."""

    work_seconds: float = 0.0
    n_units: int = 0

    def run(
        self, stage: str, work: Callable[[Unit], Result], units: Iterable[Unit], *, heavy: bool
    ) -> Iterator[Result]:
        for unit in units:
            began = time.process_time()
            done = work(unit)
            self.work_seconds += time.process_time() - began
            self.n_units += 1
            yield done

    def shares_memory(self, *, heavy: bool) -> bool:
        return False


def make_study(folder: Path, n_rows: int, warehouse: str, runner: str) -> None:
    """Files of one model each, so that reading has units too."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "study.toml").write_text(STUDY.format(warehouse=warehouse, runner=runner), encoding="utf-8")
    rows = [
        {"model_id": f"m{size}-{seed}", "family": "m", "seed": seed, "n_params": float(size)}
        for size in SIZES
        for seed in range(SEEDS)
    ]
    pl.DataFrame(rows).write_csv(folder / "models.csv")
    n_items = max(1, n_rows // N_RUNS)
    items = pl.DataFrame({"number": np.arange(n_items)}).with_columns(
        item_id="i" + pl.col("number").cast(pl.String),
        target=(pl.col("number") * 7919 % 10_000_000).cast(pl.String).str.zfill(7),
    )
    for size in SIZES:
        share = 1 / (1 + np.exp(-1.5 * (np.log10(size) - 6.5)))
        for seed in range(SEEDS):
            random = np.random.default_rng([size, seed])
            for task in TASKS:
                _write(folder / f"{task}-{size}-{seed}.parquet", items, f"m{size}-{seed}", task, share, random)


def _write(path: Path, items: pl.DataFrame, model: str, task: str, share: float, random: np.random.Generator) -> None:
    right = random.random((items.height, 7)) < share
    letters = [
        pl.when(pl.Series(right[:, place])).then(pl.col("target").str.slice(place, 1)).otherwise(pl.lit("x"))
        for place in range(7)
    ]
    items.select(
        model_id=pl.lit(model),
        task_id=pl.lit(task),
        item_id="item_id",
        prompt=pl.lit(f"{task} ") + pl.col("item_id") + "=",
        targets=pl.concat_list("target"),
        output=pl.concat_str(letters),
    ).write_parquet(path)


def measure(n_rows: int, warehouse: str, runner: str) -> dict[str, Any]:
    """One study from files to verdicts, in this process."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        make_study(folder, n_rows, warehouse, runner)
        study = load_study(folder / "study.toml")
        found: dict[str, Any] = {"rows": n_rows, "warehouse": warehouse.split("?")[0], "runner": runner}
        began, cpu = time.perf_counter(), cpu_seconds()
        with writing(study, Silent(), 0), closing(open_warehouse(study.warehouse_path)) as con:
            found["open"] = cpu_seconds() - cpu
            if runner == "auto":
                for stage, function in STAGES.items():
                    watched, before = Watched(), cpu_seconds()
                    function(Bench(study, con, watched, Silent()))
                    total = cpu_seconds() - before
                    found[stage] = {"work": watched.work_seconds, "flow": total - watched.work_seconds}
                    found[stage]["units"] = watched.n_units
            else:
                with runner_of(study, Silent()) as hands:
                    for function in STAGES.values():
                        function(Bench(study, con, hands, Silent()))
            [(n_samples,)] = con.execute("SELECT count(*) FROM score").fetchall()
        found |= {"scored": n_samples, "wall": time.perf_counter() - began, "cpu": cpu_seconds() - cpu}
        found["bytes"] = sum(path.stat().st_size for path in (folder / "out").rglob("*") if path.is_file())
        found["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        return found


def cpu_seconds() -> float:
    """Of this process and of children that have ended."""
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(used.ru_utime + used.ru_stime for used in both)


def apart(n_rows: int, warehouse: str, runner: str = "auto") -> dict[str, Any]:
    """``measure`` in a process of its own."""
    command = [sys.executable, __file__, "--one", str(n_rows), warehouse, runner]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    assert found["scored"] == n_rows // N_RUNS * N_RUNS
    return found


def fitted(small: dict[str, Any], large: dict[str, Any]) -> Costs:
    """Costs a row from two sizes."""
    more = large["rows"] - small["rows"]
    work = sum(max(0.0, large[stage]["work"] - small[stage]["work"]) for stage in STAGES) / more
    flow = sum(max(0.0, large[stage]["flow"] - small[stage]["flow"]) for stage in STAGES) / more
    start = small["open"] + sum(small[stage]["flow"] for stage in STAGES) - flow * small["rows"]
    bytes_a_row = max(0.0, large["memory"] - small["memory"]) / more
    return Costs(work, flow, 0.05, max(0.0, start), 50_000, max(500.0, bytes_a_row))


def show(found: dict[str, Any]) -> None:
    memory = f"{found['memory'] / 2**20:.0f} MiB"
    line = f"{found['rows']:>11,} rows {found['warehouse'][:24]:24s} {found['runner']:9s}"
    print(f"{line} cpu {found['cpu']:7.1f}  wall {found['wall']:7.1f}  {memory}  {found['bytes'] / 2**20:.1f} MiB kept")
    for stage in STAGES if found["runner"] == "auto" else ():
        one = found[stage]
        print(
            f"{'':12s}{stage:8s} workers {one['work']:6.1f}  flow {one['flow']:6.1f}  units {one['units']}", flush=True
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--smoke", action="store_true", help="Tiny sizes: does it run?")
    parser.add_argument("--rows", type=int, nargs="+", default=[100_000, 1_000_000])
    parser.add_argument("--lake", default="ducklake:out/scale.ducklake")
    parser.add_argument("--one", nargs=3, metavar=("ROWS", "WAREHOUSE", "RUNNER"), help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(measure(int(given.one[0]), given.one[1], given.one[2])))
        return
    sizes = [2_400, 4_800] if given.smoke else given.rows
    by_warehouse = {}
    for warehouse in ("out/scale.duckdb", given.lake):
        found = [apart(n_rows, warehouse) for n_rows in sizes]
        for one in found:
            show(one)
        by_warehouse[warehouse] = fitted(found[0], found[-1])
    print(
        "lake against file, CPU a row in the process that commits: "
        f"{by_warehouse[given.lake].flow / max(1e-12, by_warehouse['out/scale.duckdb'].flow):.2f}"
    )
    runners = {runner: apart(sizes[0], "out/scale.duckdb", runner) for runner in ("threads", "processes", "dask")}
    for one in runners.values():
        show(one)
    print(f"dask against processes, CPU: {runners['dask']['cpu'] / runners['processes']['cpu']:.2f}")
    print(f"dask against threads, CPU: {runners['dask']['cpu'] / runners['threads']['cpu']:.2f}")
    for warehouse, costs in by_warehouse.items():
        print(f"\n{warehouse.split('?')[0]}: {costs}\nsaturates at {costs.saturates_at:.1f} workers")
        print(forecast_table(costs, (1e7, 1e8, 1e9, 1e10, 1e11), (2, 8, 32, 128, 512)))


if __name__ == "__main__":
    main()
