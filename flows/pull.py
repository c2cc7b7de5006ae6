"""Pull: files that are new or changed are read by workers, staged as Parquet, and loaded by this process alone."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from flows import beside
from flows.bench import Bench
from flows.inventory import STAGE as INVENTORY
from flows.inventory import Inventory, SourceFile, disappeared, take_inventory
from flows.items import tell_items
from flows.models import study_models, tell_facts, tell_models
from flows.no_log import NO_LOG, no_log
from flows.pull_commit import CLAIMS, STAGE, Commits
from flows.pulled import Pulled
from flows.settings_hash import settings_hash
from flows.sources.registry import SourceSettings, sources
from flows.sources.schema import Finding
from flows.stage import StageUnit, stage_file
from flows.statements import sql
from flows.unwanted import Unwanted
from warehouse import load
from warehouse.forget import forgotten

__all__ = ["Pulled", "pull"]

HEAVY_BYTES = 200 * 2**20


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
    commits = Commits(bench, gone, unwanted)
    for staged in bench.runner.run(STAGE, stage_file, units, heavy=heavy):
        total += commits.take(staged)
        bench.progress.advance(STAGE)
    total += commits.flush()
    if total.n_read:
        tell_items(bench)
    tell_models(bench, unwanted.without_models(said))
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


def _replace_findings(bench: Bench, stage: str, findings: Sequence[Finding]) -> int:
    """Put these in the place of all findings of a stage; returns how many stand for data that is missing."""
    load.forget_findings(bench.con, stage)
    load.record_findings(bench.con, bench.findings(findings))
    return sum(finding.severity == "error" for finding in findings)
