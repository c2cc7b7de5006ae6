"""What a user had removed for good and a pull leaves alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

import polars as pl

from flows.inventory import Inventory
from warehouse.forget import Kind

Samples = Sequence[Path] | pl.DataFrame


class Unwanted:
    """Files, models and runs that are not to be read.

    Args:
        forgotten: Kind and pattern of each.
    """

    def __init__(self, forgotten: Sequence[tuple[Kind, str]]) -> None:
        self._patterns: dict[Kind, list[str]] = {"source": [], "model": [], "run": []}
        for kind, pattern in forgotten:
            self._patterns[kind].append(pattern)

    def without_sources(self, inventory: Inventory) -> Inventory:
        """The files of a study less those that were forgotten."""
        if not self._patterns["source"]:
            return inventory
        kept = tuple(file for file in inventory.files if not self._matches("source", file.log.uri))
        return replace(inventory, files=kept)

    def without_runs(self, runs: pl.DataFrame, parts: Samples) -> tuple[pl.DataFrame, Samples, list[str]]:
        """Runs and samples of a file less those of forgotten models and runs, and the runs left out."""
        dropped = [
            run_id
            for run_id, model_id in runs.select("run_id", "model_id").iter_rows()
            if self._matches("run", run_id) or self._matches("model", model_id)
        ]
        if not dropped:
            return runs, parts, []
        return runs.filter(~pl.col("run_id").is_in(dropped)), without(parts, dropped), dropped

    def without_items(self, items: pl.DataFrame, runs: pl.DataFrame, dropped: Sequence[str]) -> pl.DataFrame:
        """Items less those of tasks that only runs left out have."""
        return items.filter(pl.col("task_id").is_in(runs["task_id"].unique().to_list())) if dropped else items

    def without_models(self, models: pl.DataFrame) -> pl.DataFrame:
        """Rows about models less those of forgotten ones."""
        forgotten = [name for name in models["model_id"].unique() if self._matches("model", name)]
        return models.filter(~pl.col("model_id").is_in(forgotten)) if forgotten else models

    def _matches(self, kind: Kind, name: str) -> bool:
        return any(fnmatchcase(name, pattern) for pattern in self._patterns[kind])


def without(samples: Samples, run_ids: Sequence[str]) -> pl.DataFrame:
    """Samples, staged or read, less those of some runs."""
    frames = [samples.lazy()] if isinstance(samples, pl.DataFrame) else [pl.scan_parquet(part) for part in samples]
    return pl.concat([frame.filter(~pl.col("run_id").is_in(run_ids)) for frame in frames]).collect()
