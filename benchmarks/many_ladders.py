"""Thousands of ladders decided and forecast in parallel shards: minutes, CPU a ladder, memory.

    python benchmarks/many_ladders.py [--ladders 10000] [--processes 2] [--shard 250]

Ladders of 8 scales, 500 items and about 6 tokens are simulated in the workers (their cost is told apart), decided by
the recommended version of the procedure and forecast at every cut. Set OMP_NUM_THREADS=1. Memory is what each worker
holds after each shard, so a leak shows as a slope.
"""

from __future__ import annotations

import argparse
import os
from collections import Counter
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from time import monotonic, process_time

import numpy as np

from metrics.constants import RECOMMENDED_METHOD, Constants
from metrics.decide import decide
from metrics.forecast import forecast_all_cuts
from metrics.generator import KINDS, Design, generate

PAGE = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True)
class Shard:
    """What one shard cost.

    Attributes:
        process: Which worker did it.
        n_ladders: Ladders in it.
        made: CPU seconds of their simulation.
        decided: CPU seconds of the verdicts.
        forecast: CPU seconds of the forecasts.
        megabytes: Resident memory of the worker at its end.
        verdicts: How many ladders had each verdict.
    """

    process: int
    n_ladders: int
    made: float
    decided: float
    forecast: float
    megabytes: float
    verdicts: Counter[str]


def measure(first: int, n_ladders: int) -> Shard:
    """Decide and forecast the ladders from number `first` on."""
    constants = Constants(method=RECOMMENDED_METHOD)
    spent, verdicts = np.zeros(3), Counter[str]()
    for number in range(first, first + n_ladders):
        times = [process_time()]
        ladder = generate(np.random.default_rng(number), KINDS[number % len(KINDS)], Design(n_items=500, length=6))
        arrays = (ladder.x, ladder.correct_tokens, ladder.target_lengths, ladder.exact_match)
        times.append(process_time())
        verdicts[decide(*arrays, constants=constants).verdict] += 1
        times.append(process_time())
        forecast_all_cuts(*arrays, seed=number, constants=constants)
        times.append(process_time())
        spent += np.diff(times)
    resident = int(Path("/proc/self/statm").read_text().split()[1]) * PAGE / 2**20
    made, decided, forecast = spent.tolist()
    return Shard(os.getpid(), n_ladders, made, decided, forecast, resident, verdicts)


def run(n_ladders: int, processes: int, shard: int) -> list[Shard]:
    """All shards, in the order in which they were begun."""
    parts = [(first, min(shard, n_ladders - first)) for first in range(0, n_ladders, shard)]
    with get_context("spawn").Pool(processes) as pool:
        return pool.starmap(measure, parts, chunksize=1)


def growth(shards: list[Shard]) -> float:
    """Megabytes that a worker held more at the end of its last shard than at that of its second, the worst worker."""
    by_process: dict[int, list[float]] = {}
    for shard in shards:
        by_process.setdefault(shard.process, []).append(shard.megabytes)
    return max(held[-1] - held[min(1, len(held) - 1)] for held in by_process.values())


def main() -> None:
    parser = argparse.ArgumentParser(description="Many ladders in parallel shards")
    parser.add_argument("--ladders", type=int, default=10_000)
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--shard", type=int, default=250)
    wanted = parser.parse_args()
    began = monotonic()
    shards = run(wanted.ladders, wanted.processes, wanted.shard)
    minutes = (monotonic() - began) / 60
    total = sum(shard.n_ladders for shard in shards)
    made, decided, forecast = (
        1000 * sum(getattr(shard, name) for shard in shards) / total for name in ("made", "decided", "forecast")
    )
    print(f"{total:,} ladders in {len(shards)} shards, {wanted.processes} processes: {minutes:.1f} minutes")
    print(f"CPU a ladder: verdict {decided:.1f} ms, forecasts {forecast:.1f} ms (simulating it {made:.1f} ms)")
    most = max(shard.megabytes for shard in shards)
    print(f"memory of a worker: {most:.0f} MiB at most; {growth(shards):+.1f} MiB from its second shard to its last")
    verdicts = sum((shard.verdicts for shard in shards), Counter[str]())
    print(", ".join(f"{name} {count}" for name, count in verdicts.most_common()))


if __name__ == "__main__":
    main()
