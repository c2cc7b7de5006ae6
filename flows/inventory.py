"""Which files a study names, as they stand on disk now."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from flows.remote import Fetched, fetch, is_url
from flows.sources.lines import plain_suffix
from flows.sources.registry import LogFile, SourceSettings
from flows.sources.schema import Finding
from flows.study import Study
from flows.unpack import is_archive, unpack

STAGE = "inventory"
LOG_SUFFIXES = (".json", ".jsonl", ".ndjson", ".eval", ".parquet", ".csv", ".tsv")
"""Endings, before that of a compression, of files to look at in folders and archives."""


@dataclass(frozen=True)
class SourceFile:
    """One file that a study names.

    Attributes:
        log: Its name in the warehouse and its path.
        settings: The entry of ``[[sources]]`` that names it.
        size_bytes: Size when the inventory was taken.
        modified_ns: Time of last change, likewise.
        is_named: The study names it, by itself or by a pattern; else it was met in a folder or an archive, and need
            be no log.
    """

    log: LogFile
    settings: SourceSettings
    size_bytes: int
    modified_ns: int
    is_named: bool = True


@dataclass(frozen=True)
class Inventory:
    """The files of a study, in the order of its sources and then by name, and what was wrong with finding them."""

    files: tuple[SourceFile, ...]
    findings: tuple[Finding, ...]


def take_inventory(study: Study) -> Inventory:
    """Expand every pattern of a study and look at every file; opened are only archives that are new, and URLs."""
    files: dict[str, SourceFile] = {}
    findings: list[Finding] = []
    for settings in study.sources:
        for pattern in settings.uri:
            for file in _found(study, pattern, settings, findings):
                first = files.setdefault(file.log.uri, file)
                if first.settings is not settings:
                    findings.append(_named_twice(file.log.uri))
    return Inventory(tuple(files.values()), tuple(findings))


def _found(study: Study, pattern: str, settings: SourceSettings, findings: list[Finding]) -> Iterator[SourceFile]:
    """The files that a pattern names, those in folders and archives among them."""
    if is_url(pattern):
        for fetched in fetch(pattern, study.work_path / "remote"):
            if fetched.problem is not None:
                findings.append(_not_fetched(fetched))
            if fetched.path is not None:
                yield from _looked_at(study, fetched.url, fetched.path, settings, findings)
        return
    for path in _expand(study.folder, pattern, findings):
        if path.is_dir():
            yield from _in_folder(study, path, settings, findings)
        else:
            yield from _looked_at(study, _uri(study.folder, path), path, settings, findings)


def _in_folder(study: Study, folder: Path, settings: SourceSettings, findings: list[Finding]) -> Iterator[SourceFile]:
    """Every file below a folder that may be a log by its name; hidden ones are left out."""
    n_found = 0
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in sorted(names):
            path = Path(place, name)
            if may_be_log(path) or is_archive(path):
                n_found += 1
                yield from _looked_at(study, _uri(study.folder, path), path, settings, findings, is_named=False)
    if not n_found:
        uri = _uri(study.folder, folder)
        findings.append(_lost("no_match", uri, f"no file in this folder ends like a log ({', '.join(LOG_SUFFIXES)})"))


def _looked_at(
    study: Study, uri: str, path: Path, settings: SourceSettings, findings: list[Finding], *, is_named: bool = True
) -> Iterator[SourceFile]:
    """A file, or the members of an archive."""
    if not is_archive(path) or _cannot_be_opened(uri, path):
        file = _look(uri, path, settings, findings, is_named=is_named)
        if file is not None:
            yield file
        return
    try:
        unpacked = unpack(path, uri, study.work_path / "unpacked")
    except OSError as error:
        why = "there is no such file" if isinstance(error, FileNotFoundError) else str(error.strerror or error)
        findings.append(_lost("missing_file" if isinstance(error, FileNotFoundError) else "unreadable", uri, why))
        return
    for problem in unpacked.problems:
        findings.append(Finding("error", problem.kind, problem.reason, problem.action, stage=STAGE, uri=uri))
    for member in unpacked.members:
        if may_be_log(Path(member)):
            inner = _look(f"{uri}!/{member}", unpacked.folder / member, settings, findings, is_named=False)
            if inner is not None:
                yield inner


def may_be_log(path: Path) -> bool:
    """The name ends like that of a log, compressed or not, and is not hidden."""
    return not path.name.startswith(".") and plain_suffix(path) in LOG_SUFFIXES


def _not_fetched(fetched: Fetched) -> Finding:
    reason = str(fetched.problem)
    if fetched.path is None:
        return _lost("remote", fetched.url, reason)
    return Finding("warning", "remote_outdated", reason, "read as it was", stage=STAGE, uri=fetched.url)


def _expand(folder: Path, pattern: str, findings: list[Finding]) -> list[Path]:
    if not glob.has_magic(pattern):
        return [folder / pattern]
    found = sorted(folder / name for name in glob.iglob(pattern, root_dir=folder, recursive=True))
    files = [path for path in found if path.is_file()]
    if not files:
        findings.append(_lost("no_match", pattern, f"no file matches this pattern in {folder}"))
    return files


def _look(
    uri: str, path: Path, settings: SourceSettings, findings: list[Finding], *, is_named: bool
) -> SourceFile | None:
    if why := _cannot_be_opened(uri, path):
        shown = uri.encode("utf-8", "backslashreplace").decode()
        findings.append(Finding("error", "unusable_file", why, "left out", stage=STAGE, uri=shown))
        return None
    try:
        status = path.stat()
    except OSError as error:
        why = "there is no such file" if isinstance(error, FileNotFoundError) else str(error.strerror)
        findings.append(_lost("missing_file", uri, why))
        return None
    return SourceFile(LogFile(uri, path), settings, status.st_size, status.st_mtime_ns, is_named)


def _cannot_be_opened(uri: str, path: Path) -> str | None:
    """Why a file must not even be opened; None where it may be, or is not there."""
    try:
        uri.encode("utf-8")
    except UnicodeEncodeError:
        return "its name is not UTF-8, so that the warehouse cannot hold it; rename it"
    try:
        is_special = not (path.is_file() or path.is_dir()) and path.exists()
    except OSError:
        return None
    return "it is a pipe, a socket or a device, and no file: opening it could wait for ever" if is_special else None


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
