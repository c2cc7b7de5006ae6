"""Score runs as a whole: pass at k, calibration, corpus BLEU and their kin, for studies that name them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from flows.bench import Bench
from flows.sources.schema import Finding
from flows.statements import sql
from metrics.cells import CELL_METRICS, score_cells
from metrics.cells import catalogue as run_catalogue
from metrics.registry import catalogue
from warehouse import load

STAGE = "score"
ROWS_AT_ONCE = 50_000
HEAVY_ROWS = 200_000


@dataclass(frozen=True)
class RunUnit:
    """Some runs with their samples on disk.

    Attributes:
        number: Position among the units.
        run_ids: Whole runs.
        metrics: Metrics of runs to score them under.
        samples: Parquet file with their samples.
        n_samples: Samples of all these runs.
    """

    number: int
    run_ids: tuple[str, ...]
    metrics: tuple[str, ...]
    samples: Path
    n_samples: int

    @property
    def label(self) -> str:
        """Number and size of the unit."""
        return f"whole runs {self.number}: {len(self.run_ids)} runs, {self.n_samples:,} samples"


@dataclass(frozen=True)
class ScoredRuns:
    """Scores of some runs as a whole, and the runs that could not be scored."""

    unit: RunUnit
    scores: pl.DataFrame
    findings: tuple[Finding, ...]


@dataclass(frozen=True)
class Whole:
    """Runs that were scored as a whole, and those that could not be."""

    n_runs: int
    n_failed: int


def all_metrics() -> pl.DataFrame:
    """The table ``metric``: metrics of outputs, then metrics of runs."""
    ours = catalogue()
    return pl.concat([ours, run_catalogue().select(ours.columns)], how="vertical_relaxed")


def score_runs(bench: Bench) -> Whole:
    """Score every run that lacks a metric of runs that the study names."""
    units = list(_units(bench))
    heavy = sum(unit.n_samples for unit in units) > HEAVY_ROWS
    n_runs = n_failed = 0
    for done in bench.runner.run(STAGE, score_unit, _staged(bench, units), heavy=heavy):
        load.replace_cell_scores(bench.con, done.scores)
        load.record_findings(bench.con, bench.findings(done.findings))
        n_failed += len(done.findings)
        n_runs += len(done.unit.run_ids) - len(done.findings)
        done.unit.samples.unlink(missing_ok=True)
    return Whole(n_runs, n_failed)


def _units(bench: Bench) -> Iterator[RunUnit]:
    names = bench.study.run_metric_names
    if not names:
        return
    versions = [CELL_METRICS[name].version for name in names]
    stale = bench.con.execute(sql("stale_run_scores"), {"names": list(names), "versions": versions}).fetchall()
    folder = bench.study.work_path / "scoring"
    groups: list[tuple[list[str], list[str], int]] = []
    for run_id, n_samples, metrics in stale:
        if groups and groups[-1][1] == metrics and groups[-1][2] + n_samples <= ROWS_AT_ONCE:
            groups[-1] = ([*groups[-1][0], run_id], metrics, groups[-1][2] + n_samples)
        else:
            groups.append(([run_id], metrics, n_samples))
    for number, (run_ids, metrics, n_samples) in enumerate(groups):
        yield RunUnit(number, tuple(run_ids), tuple(metrics), folder / f"{number:05d}.runs.parquet", n_samples)


def _staged(bench: Bench, units: Sequence[RunUnit]) -> Iterator[RunUnit]:
    for unit in units:
        unit.samples.parent.mkdir(parents=True, exist_ok=True)
        bench.con.execute(sql("samples_of_runs"), {"run_ids": list(unit.run_ids), "path": str(unit.samples)})
        yield unit


def score_unit(unit: RunUnit) -> ScoredRuns:
    """Score some runs; one that breaks a metric is left out and named, the others go on."""
    samples = pl.read_parquet(unit.samples)
    scored: list[pl.DataFrame] = []
    findings: list[Finding] = []
    for (run_id,), run in samples.partition_by("run_id", as_dict=True, maintain_order=True).items():
        try:
            scored.append(score_cells(run, unit.metrics))
        except Exception as error:  # a defect met on one run must not cost the others
            reason = f"scoring the run as a whole failed: {type(error).__name__}: {error}"
            action = "left without these scores; those of its outputs stand"
            findings.append(Finding("error", "score_failed", reason, action, STAGE, run_id=str(run_id)))
    return ScoredRuns(unit, pl.concat(scored) if scored else pl.DataFrame(), tuple(findings))
