"""Which files a study names, as they stand on disk now."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from flows.sources.registry import LogFile, SourceSettings
from flows.sources.schema import Finding
from flows.study import Study

STAGE = "inventory"


@dataclass(frozen=True)
class SourceFile:
    """One file that a study names.

    Attributes:
        log: Its name in the warehouse and its path.
        settings: The entry of ``[[sources]]`` that names it.
        size_bytes: Size when the inventory was taken.
        modified_ns: Time of last change, likewise.
    """

    log: LogFile
    settings: SourceSettings
    size_bytes: int
    modified_ns: int


@dataclass(frozen=True)
class Inventory:
    """The files of a study, in the order of its sources and then by name, and what was wrong with finding them."""

    files: tuple[SourceFile, ...]
    findings: tuple[Finding, ...]


def take_inventory(study: Study) -> Inventory:
    """Expand every pattern of a study and look at every file, without opening one."""
    files: dict[str, SourceFile] = {}
    findings: list[Finding] = []
    for settings in study.sources:
        for pattern in settings.uri:
            paths = _expand(study.folder, pattern, findings)
            for path in paths:
                file = _look(study.folder, path, settings, findings)
                if file is None:
                    continue
                first = files.setdefault(file.log.uri, file)
                if first.settings is not settings:
                    findings.append(_named_twice(file.log.uri))
    return Inventory(tuple(files.values()), tuple(findings))


def _expand(folder: Path, pattern: str, findings: list[Finding]) -> list[Path]:
    if "://" in pattern:
        findings.append(_lost("remote", pattern, "is a URL; copy the files here and name their path"))
        return []
    if not glob.has_magic(pattern):
        return [folder / pattern]
    found = sorted(folder / name for name in glob.iglob(pattern, root_dir=folder, recursive=True))
    files = [path for path in found if path.is_file()]
    if not files:
        findings.append(_lost("no_match", pattern, f"no file matches this pattern in {folder}"))
    return files


def _look(folder: Path, path: Path, settings: SourceSettings, findings: list[Finding]) -> SourceFile | None:
    uri = _uri(folder, path)
    try:
        status = path.stat()
    except OSError as error:
        why = "there is no such file" if isinstance(error, FileNotFoundError) else str(error.strerror)
        findings.append(_lost("missing_file", uri, why))
        return None
    if path.is_dir():
        findings.append(_lost("is_a_folder", uri, f'it is a folder; name its files, as in "{uri}/*.parquet"'))
        return None
    return SourceFile(LogFile(uri, path), settings, status.st_size, status.st_mtime_ns)


def _uri(folder: Path, path: Path) -> str:
    """Path from the study's folder where it lies inside, so that a moved study knows its files; else in full."""
    full = Path(os.path.normpath(path))
    return full.relative_to(folder).as_posix() if full.is_relative_to(folder) else full.as_posix()


def _lost(kind: str, uri: str, reason: str) -> Finding:
    return Finding("error", kind, reason, "nothing read; what was stored of it stays", stage=STAGE, uri=uri)


def _named_twice(uri: str) -> Finding:
    reason = "two sources of the study name this file"
    return Finding("note", "named_twice", reason, "read once, as the first source says", stage=STAGE, uri=uri)


def disappeared(inventory: Inventory, known: Iterable[str]) -> list[Finding]:
    """Files that were pulled once and that the study does not find any more."""
    present = {file.log.uri for file in inventory.files} | {finding.uri for finding in inventory.findings}
    reason = "pulled before, and not among the files of the study any more"
    return [
        Finding("warning", "disappeared", reason, "its runs stay in the warehouse", stage=STAGE, uri=uri)
        for uri in sorted(set(known) - present)
    ]
