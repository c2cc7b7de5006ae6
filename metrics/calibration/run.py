"""Measure many families over processes; what is on disk already is not measured again."""

from __future__ import annotations

import json
import multiprocessing
import os
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import asdict, dataclass
from hashlib import sha256
from pathlib import Path

import polars as pl

from metrics.calibration.measure import Cell, cells, measure_family, route_cells
from metrics.constants import Constants

ROUTE_FAMILIES = 3


@dataclass(frozen=True)
class Shard:
    """One family of one cell.

    Attributes:
        cell: The cell.
        number: Which family of it.
        seed: Seed of the whole table.
        constants: Constants of the procedure.
    """

    cell: Cell
    number: int
    seed: int
    constants: Constants

    def path(self, folder: Path) -> Path:
        """Where its rows are kept; other seeds and constants have other files."""
        settings = json.dumps([self.seed, asdict(self.constants)], sort_keys=True)
        version = sha256(settings.encode()).hexdigest()[:8]
        return folder / f"{self.cell.name}-{self.number:03d}-{version}.parquet"


def shards(families: int, seed: int, constants: Constants, every: int = 1) -> Iterator[Shard]:
    """Families of every n-th cell, cell by cell within each number, so that an early end leaves an even table.

    The other kinds of logs have few families: they show that a route works, not its rates to the percent.
    """
    for number in range(families):
        others = list(route_cells(number)) if number < ROUTE_FAMILIES else []
        for cell in [*cells(number), *others][::every]:
            yield Shard(cell, number, seed, constants)


def measure_shard(shard: Shard, folder: Path) -> Path:
    """Measure one family and keep its rows; the file appears whole or not at all."""
    path = shard.path(folder)
    if not path.exists():
        rows = measure_family(shard.cell, shard.number, shard.seed, shard.constants)
        unfinished = path.with_suffix(f".{os.getpid()}.part")
        rows.write_parquet(unfinished)
        unfinished.replace(path)
    return path


def measure_all(
    wanted: list[Shard], folder: Path, workers: int, done: Callable[[], None] = lambda: None
) -> pl.DataFrame:
    """Measure the wanted families and return all their rows.

    Args:
        wanted: The families.
        folder: Where rows are kept between calls.
        workers: Processes; 1: this one.
        done: Called after each family.
    """
    folder.mkdir(parents=True, exist_ok=True)
    open_ = [shard for shard in wanted if not shard.path(folder).exists()]
    for _ in range(len(wanted) - len(open_)):
        done()
    if workers == 1:
        for shard in open_:
            measure_shard(shard, folder)
            done()
    else:
        # A forked child would inherit locks of other threads in an unknown state.
        with ProcessPoolExecutor(workers, mp_context=multiprocessing.get_context("spawn")) as pool:
            for finished in as_completed([pool.submit(measure_shard, shard, folder) for shard in open_]):
                finished.result()
                done()
    return pl.concat([pl.read_parquet(shard.path(folder)) for shard in wanted])
