"""Score runs as a whole: pass at k, calibration, corpus BLEU and their kin, for studies that name them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import polars as pl

from flows.bench import Bench
from flows.handing import Limit, Piece, Rows, discard, grouped, hand_out_runs, read, run_pieces
from flows.sources.schema import Finding
from flows.statements import sql
from metrics.cells import CELL_METRICS, score_cells
from metrics.cells import catalogue as run_catalogue
from metrics.registry import catalogue
from warehouse import load
from warehouse.places import Places

STAGE = "score"
HEAVY_ROWS = 200_000
"""From so many samples on, runs are scored by processes of their own."""
LIMIT = Limit(50_000, 64_000_000)


@dataclass(frozen=True)
class RunUnit:
    """Some runs with their samples.

    Attributes:
        number: Position among the units.
        run_ids: Whole runs.
        metrics: Metrics of runs to score them under.
        samples: Their samples.
        n_samples: Samples of all these runs.
    """

    number: int
    run_ids: tuple[str, ...]
    metrics: tuple[str, ...]
    samples: Rows
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
    stale = _stale_runs(bench)
    heavy = sum(run.n_samples for run in stale) > HEAVY_ROWS
    n_runs = n_failed = 0
    for done in bench.runner.run(STAGE, score_unit, _units(bench, stale, heavy=heavy), heavy=heavy):
        load.replace_cell_scores(bench.con, done.scores)
        load.record_findings(bench.con, bench.findings(done.findings))
        n_failed += len(done.findings)
        n_runs += len(done.unit.run_ids) - len(done.findings)
        discard(done.unit.samples)
    return Whole(n_runs, n_failed)


def _stale_runs(bench: Bench) -> list[Piece[tuple[str, ...]]]:
    names = bench.study.run_metric_names
    if not names:
        return []
    versions = [CELL_METRICS[name].version for name in names]
    stale = bench.con.execute(sql("stale_run_scores"), {"names": list(names), "versions": versions}).fetchall()
    return run_pieces(bench.con, [(run_id, tuple(metrics)) for run_id, metrics in stale])


def _units(bench: Bench, stale: Sequence[Piece[tuple[str, ...]]], *, heavy: bool) -> Iterator[RunUnit]:
    places = Places(bench.con, "sample")
    for number, runs in enumerate(grouped(stale, LIMIT)):
        path = bench.study.work_path / "scoring" / f"{number:05d}.runs.parquet"
        at = None if bench.runner.shares_memory(heavy=heavy) else path
        run_ids = tuple(run.name for run in runs)
        samples = hand_out_runs(bench.con, "samples_of_runs", run_ids, places, at)
        yield RunUnit(number, run_ids, runs[0].kind, samples, sum(run.n_samples for run in runs))


def score_unit(unit: RunUnit) -> ScoredRuns:
    """Score some runs; one that breaks a metric is left out and named, the others go on."""
    samples = read(unit.samples)
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
