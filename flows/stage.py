"""One file, read and written as staged Parquet: all that a worker does of the pull."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import polars as pl

from flows import beside
from flows.inventory import STAGE as INVENTORY
from flows.inventory import SourceFile
from flows.no_log import no_log
from flows.settings_hash import settings_hash
from flows.sources.registry import (
    Source,
    SourceSettings,
    UnknownFormatError,
    UnreadableFileError,
    recognise,
    sources,
)
from flows.sources.schema import Finding
from flows.staging import Staging

TABLE = "table"


@dataclass(frozen=True)
class StageUnit:
    """One file to read.

    Attributes:
        file: The file.
        known: Its content hash, settings hash and the hash of the files beside it, where it was pulled before.
        folder: Folder of its own to stage in; replaced as a whole.
        run_defaults: By task, what the study says of runs whose log does not say it.
    """

    file: SourceFile
    known: tuple[str, str, str | None] | None
    folder: Path
    run_defaults: Mapping[str, Mapping[str, object]]

    @property
    def label(self) -> str:
        """The file."""
        return self.file.log.uri


@dataclass(frozen=True)
class Staged:
    """What came of reading a file.

    Attributes:
        uri: The file.
        status: ``staged``, ``same`` (its bytes and settings are known) or ``failed`` (see the findings).
        format: Reader that was used.
        settings_hash: Settings and reader version it was read with.
        sha256: Hash of its bytes.
        size_bytes: Size at the time of reading.
        modified_ns: Time of last change, likewise.
        beside_stamp: Names, sizes and times of the files it was read together with; None: none.
        beside_sha256: Hash of their bytes.
        n_rows: Rows met, quarantined ones included.
        n_quarantined: Rows left out.
        parts: Parquet files with the samples, columns of table ``sample``.
        items: One row an item, columns of table ``item``; many or long ones in a Parquet file.
        runs: One row a run (``RUN_SCHEMA``).
        models: What the file says about models, or None.
        scores: The scores that the file states of itself (``SOURCE_SCORE_SCHEMA``).
        findings: What was met.
    """

    uri: str
    status: Literal["staged", "same", "failed"]
    format: str = ""
    settings_hash: str = ""
    sha256: str = ""
    size_bytes: int = 0
    modified_ns: int = 0
    beside_stamp: str | None = None
    beside_sha256: str | None = None
    n_rows: int = 0
    n_quarantined: int = 0
    parts: tuple[Path, ...] = ()
    items: Path | pl.DataFrame | None = None
    runs: pl.DataFrame | None = None
    models: pl.DataFrame | None = None
    scores: pl.DataFrame | None = None
    findings: tuple[Finding, ...] = ()

    @property
    def n_bytes(self) -> int:
        """Bytes of the staged samples and items."""
        n_bytes = sum(part.stat().st_size for part in self.parts)
        if isinstance(self.items, pl.DataFrame):
            return n_bytes + int(self.items.estimated_size())
        return n_bytes + (0 if self.items is None else self.items.stat().st_size)

    def clear(self) -> None:
        """Remove the staged files."""
        for folder in {part.parent for part in self.parts}:
            shutil.rmtree(folder, ignore_errors=True)


def stage_file(unit: StageUnit) -> Staged:
    """Read one file; never raises for what the file holds.

    The staged files appear under their final names only when they are whole.
    """
    uri = unit.file.log.uri
    try:
        return _stage(unit)
    except UnreadableFileError as error:
        return _failed(uri, error.kind, error.reason)
    except OSError as error:
        return _failed(uri, "unreadable", f"cannot be read: {error.strerror or error}")
    except Exception as error:  # a defect of one reader, met on one file, must not cost the others
        reason = f"its reader failed: {type(error).__name__}: {error}; please report this with the file"
        return _failed(uri, "reader_failed", reason)


def _stage(unit: StageUnit) -> Staged:
    file = unit.file
    reader, settings = _reader(file)
    try:
        return _stage_with(unit, reader, settings)
    except UnreadableFileError as error:
        # any table is taken for one, so that one without the columns of outputs need be no log
        if file.is_named or file.settings.format is not None or reader.format != TABLE:
            raise
        return _stage_with(unit, no_log(error.reason), SourceSettings(uri=settings.uri))


def _stage_with(unit: StageUnit, reader: Source, settings: SourceSettings) -> Staged:
    file = unit.file
    hashed = settings_hash(settings, reader.version, unit.run_defaults)
    # taken before anything is read, so that a change while reading is seen by the next pull
    stamp = beside.stamp(reader, file.log.path)
    sha256 = beside.sha256_of([file.log.path])
    beside_sha256 = beside.content(reader, file.log.path)
    known = {
        "format": reader.format,
        "settings_hash": hashed,
        "sha256": sha256,
        "size_bytes": file.size_bytes,
        "modified_ns": file.modified_ns,
        "beside_stamp": stamp,
        "beside_sha256": beside_sha256,
    }
    if unit.known == (sha256, hashed, beside_sha256):
        return Staged(file.log.uri, "same", **known)  # type: ignore[arg-type]
    temporary = unit.folder.with_name(f".{unit.folder.name}.{os.getpid()}.part")
    shutil.rmtree(temporary, ignore_errors=True)
    temporary.mkdir(parents=True)
    staging = Staging(file.log.uri, temporary, unit.run_defaults)
    staging.take(reader.read(file.log, settings))
    if not staging.parts and not staging.may_be_empty:
        shutil.rmtree(temporary)
        return _failed(file.log.uri, "no_rows", staging.why_empty())
    staging.leave_out_duplicates()
    items, runs = staging.items(), staging.runs()
    scores = staging.scores(runs)
    if _changed(file):
        shutil.rmtree(temporary)
        return _failed(file.log.uri, "changed_while_read", "it changed while it was read; run again once it is whole")
    shutil.rmtree(unit.folder, ignore_errors=True)
    if staging.parts:
        os.replace(temporary, unit.folder)
    else:
        temporary.rmdir()
    return Staged(
        file.log.uri,
        "staged",
        **known,  # type: ignore[arg-type]
        n_rows=staging.n_rows,
        n_quarantined=staging.n_quarantined,
        parts=tuple(unit.folder / part.name for part in staging.parts),
        items=unit.folder / items.name if isinstance(items, Path) else items,
        runs=runs,
        models=staging.models(),
        scores=scores,
        findings=tuple(staging.findings),
    )


def _reader(file: SourceFile) -> tuple[Source, SourceSettings]:
    given = file.settings
    if given.format is not None:
        return sources()[given.format], given
    try:
        reader = recognise(file.log.path)
    except UnknownFormatError as error:
        if file.is_named:
            raise
        reader = no_log(error.reason)
    return reader, given if isinstance(given, reader.settings) else reader.settings(**given.model_dump())


def _changed(file: SourceFile) -> bool:
    status = file.log.path.stat()
    return (status.st_size, status.st_mtime_ns) != (file.size_bytes, file.modified_ns)


def _failed(uri: str, kind: str, reason: str) -> Staged:
    finding = Finding("error", kind, reason, "nothing read; what was stored of it stays", INVENTORY, uri=uri)
    return Staged(uri, "failed", findings=(finding,))
