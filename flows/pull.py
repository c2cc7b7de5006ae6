"""Pull: files that are new or changed are read by workers, staged as Parquet, and loaded by this process alone."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from flows import beside
from flows.bench import Bench
from flows.inventory import STAGE as INVENTORY
from flows.inventory import Inventory, SourceFile, disappeared, take_inventory
from flows.models import study_models, tell_facts, tell_models
from flows.no_log import NO_LOG, no_log
from flows.service.log import log
from flows.sources.registry import SourceSettings, sources
from flows.sources.schema import Finding
from flows.stage import Staged, StageUnit, stage_file
from flows.statements import sql
from flows.study import settings_hash
from flows.unwanted import Samples, Unwanted, without
from warehouse import load
from warehouse.forget import forgotten

STAGE = "pull"
CLAIMS = "claims"
"""Stage of findings about runs that another file holds; they outlive that run, and bring the file back when it goes."""
HEAVY_BYTES = 200 * 2**20


@dataclass(frozen=True)
class Pulled:
    """What a pull came to.

    Attributes:
        n_files: Files that the study names and that are there.
        n_unchanged: Of these, files whose content is known.
        n_read: Files read and stored.
        n_failed: Files that could not be read.
        n_runs: Runs stored.
        n_samples: Samples stored.
        n_quarantined: Rows left out.
        n_lost: Findings of this pull that stand for data which is missing from the warehouse.
    """

    n_files: int = 0
    n_unchanged: int = 0
    n_read: int = 0
    n_failed: int = 0
    n_runs: int = 0
    n_samples: int = 0
    n_quarantined: int = 0
    n_lost: int = 0

    def __str__(self) -> str:
        if not self.n_read and not self.n_failed:
            return f"{self.n_unchanged:,} files unchanged"
        text = f"{self.n_read:,} files read ({self.n_samples:,} samples, {self.n_runs:,} runs)"
        text += f", {self.n_unchanged:,} unchanged" if self.n_unchanged else ""
        text += f", {self.n_failed:,} not readable" if self.n_failed else ""
        return text + (f", {self.n_quarantined:,} rows left out" if self.n_quarantined else "")


@dataclass(frozen=True)
class _Known:
    format: str
    sha256: str
    settings_hash: str
    size_bytes: int
    modified_ns: int | None
    beside_stamp: str | None
    beside_sha256: str | None


def pull(bench: Bench) -> Pulled:
    """Bring the warehouse up to date with the files of the study; what cannot be read leaves what was stored.

    Raises:
        ModelTableError: The study's table of models cannot be used; nothing was read.
        FactError: The same of the published models and claims it adds.
    """
    said = study_models(bench.study)
    tell_facts(bench)
    unwanted = Unwanted(forgotten(bench.con))
    inventory = unwanted.without_sources(take_inventory(bench.study))
    known = {row[0]: _Known(*row[1:]) for row in bench.con.execute(sql("pulled_files")).fetchall()}
    lost = [*inventory.findings, *disappeared(inventory, known)]
    gone = {finding.uri for finding in lost if finding.kind in {"disappeared", "missing_file"}}
    n_lost = _replace_findings(bench, INVENTORY, lost)
    units = _units(bench, inventory, known)
    n_files = len(inventory.files)
    total = Pulled(n_files=n_files, n_unchanged=n_files - len(units), n_lost=n_lost)
    bench.progress.start(STAGE, len(units))
    heavy = sum(unit.file.size_bytes for unit in units) > HEAVY_BYTES
    for staged in bench.runner.run(STAGE, stage_file, units, heavy=heavy):
        total = _add(total, _commit(bench, staged, gone, unwanted))
        bench.progress.advance(STAGE)
    tell_models(bench, said)
    bench.progress.finish(STAGE, str(total))
    return total


def _units(bench: Bench, inventory: Inventory, known: dict[str, _Known]) -> list[StageUnit]:
    """Files whose content is not known for sure; no file is opened to find out."""
    waiting = {uri for (uri,) in bench.con.execute(sql("waiting_files"), {"stage": CLAIMS}).fetchall()}
    defaults = bench.study.run_defaults
    units = []
    for file in inventory.files:
        before = None if file.log.uri in waiting else known.get(file.log.uri)
        if before is not None and _is_unchanged(file, before, defaults):
            continue
        hashes = None if before is None else (before.sha256, before.settings_hash, before.beside_sha256)
        units.append(StageUnit(file, hashes, _folder(bench.study.work_path, file.log.uri), defaults))
    return units


def _is_unchanged(file: SourceFile, before: _Known, defaults: Mapping[str, Mapping[str, object]]) -> bool:
    if (file.size_bytes, file.modified_ns) != (before.size_bytes, before.modified_ns):
        return False
    reader = no_log() if before.format == NO_LOG else sources().get(file.settings.format or before.format)
    if reader is None or beside.stamp(reader, file.log.path) != before.beside_stamp:
        return False
    given: SourceSettings = file.settings
    if not isinstance(given, reader.settings):
        given = reader.settings(**given.model_dump())
    return settings_hash(given, reader.version, defaults) == before.settings_hash


def _folder(work: Path, uri: str) -> Path:
    return work / "staged" / hashlib.sha256(uri.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _commit(bench: Bench, staged: Staged, gone: set[str | None], unwanted: Unwanted) -> Pulled:
    """Load what a worker staged; one file is one transaction."""
    if staged.status == "same":
        names = ("uri", "size_bytes", "modified_ns", "beside_stamp")
        parameters = {name: getattr(staged, name) for name in names}
        bench.con.execute(sql("touch_file"), parameters)
        return Pulled(n_unchanged=1)
    if staged.status == "failed":
        load.record_findings(bench.con, bench.findings(staged.findings))
        return Pulled(n_failed=1, n_lost=len(staged.findings))
    assert staged.runs is not None
    assert staged.items is not None
    assert staged.scores is not None
    runs = pl.read_parquet(staged.runs)
    runs, parts, dropped = unwanted.without_runs(runs, staged.parts)
    runs, samples, taken, take_over = _without_taken(bench, staged.uri, runs, parts, gone)
    findings = [*staged.findings, *taken]
    others = [*dropped, *(finding.run_id for finding in taken)]
    scores = pl.read_parquet(staged.scores).filter(~pl.col("run_id").is_in(others))
    load.replace_source(
        bench.con,
        _source_row(bench, staged),
        runs=runs.with_columns(uri=pl.lit(staged.uri), format=pl.lit(staged.format), pulled_at=pl.lit(bench.now)),
        samples=samples,
        items=unwanted.without_items(pl.read_parquet(staged.items), runs, dropped),
        findings=bench.findings(findings),
        source_scores=scores,
        take_over=take_over,
    )
    bench.con.execute(sql("forget_claims"), {"stage": CLAIMS, "uri": staged.uri, "now": bench.now})
    if staged.models is not None:
        load.upsert_models(bench.con, unwanted.without_models(pl.read_parquet(staged.models)))
    shutil.rmtree(staged.runs.parent, ignore_errors=True)
    n_samples = samples_in(runs)
    log(f"{runs.height} runs read", event="file_read", stage=STAGE, file=staged.uri, counts={"samples": n_samples})
    return Pulled(
        n_read=1,
        n_runs=runs.height,
        n_samples=n_samples,
        n_quarantined=staged.n_quarantined,
        n_lost=sum(finding.severity == "error" for finding in findings),
    )


def samples_in(runs: pl.DataFrame) -> int:
    """Samples of runs, together."""
    return int(runs["n_samples"].sum())


def _source_row(bench: Bench, staged: Staged) -> dict[str, object]:
    return {
        "uri": staged.uri,
        "format": staged.format,
        "settings_hash": staged.settings_hash,
        "sha256": staged.sha256,
        "size_bytes": staged.size_bytes,
        "modified_ns": staged.modified_ns,
        "beside_stamp": staged.beside_stamp,
        "beside_sha256": staged.beside_sha256,
        "n_rows": staged.n_rows,
        "n_quarantined": staged.n_quarantined,
        "pulled_at": bench.now,
    }


def _without_taken(
    bench: Bench, uri: str, runs: pl.DataFrame, parts: Samples, gone: set[str | None]
) -> tuple[pl.DataFrame, Samples, list[Finding], bool]:
    """Leave out runs that a file which is still there has brought before; a file that is gone gives its runs up.

    Returns:
        The runs and samples to store, what to say of the others, and whether any run comes from a file that is gone.
    """
    parameters = {"run_ids": runs["run_id"].to_list(), "uri": uri}
    elsewhere = bench.con.execute(sql("runs_elsewhere"), parameters).fetchall() if runs.height else []
    taken = {run_id: (uri, content) for run_id, uri, content in elsewhere if uri not in gone}
    samples = parts
    findings = []
    if taken:
        content = dict(runs.select("run_id", "content_sha256").iter_rows())
        for run_id, (holder, stored) in taken.items():
            findings.append(_taken(uri, run_id, holder, is_equal=stored == content[run_id]))
        runs = runs.filter(~pl.col("run_id").is_in(list(taken)))
        samples = without(parts, list(taken))
    return runs, samples, findings, len(elsewhere) > len(taken)


def _taken(uri: str, run_id: str, holder: str, *, is_equal: bool) -> Finding:
    if is_equal:
        reason = f"the same run, with the same content, is stored from {holder}"
        return Finding("note", "run_taken", reason, "stored once", CLAIMS, uri=uri, run_id=run_id)
    reason = f"the same model, task and setting is stored from {holder}, with other content"
    action = "left out; give one of the two another setting (prompting, filter, n_shots) in the study file"
    return Finding("error", "run_taken", reason, action, CLAIMS, uri=uri, run_id=run_id)


def _replace_findings(bench: Bench, stage: str, findings: Sequence[Finding]) -> int:
    """Put these in the place of all findings of a stage; returns how many stand for data that is missing."""
    load.forget_findings(bench.con, stage)
    load.record_findings(bench.con, bench.findings(findings))
    return sum(finding.severity == "error" for finding in findings)


def _add(total: Pulled, part: Pulled) -> Pulled:
    names = Pulled.__dataclass_fields__
    return Pulled(**{name: getattr(total, name) + getattr(part, name) for name in names})
