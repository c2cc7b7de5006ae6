"""Inspect logs: ``.eval`` archives, whole or chunked, and ``.json`` documents."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from flows.sources import documents
from flows.sources.archives import member_names
from flows.sources.documents import opening
from flows.sources.finding_log import FindingLog
from flows.sources.inspect_ai.header import HEADER, START, Header
from flows.sources.inspect_ai.log import archive_samples, document_samples, read_samples
from flows.sources.registry import Batch, LogFile, SourceSettings, source
from flows.sources.values import mapping

SURE = 1.0
BROKEN = 0.9
"""By its name and first bytes it is an archive of Inspect, but its directory cannot be read."""


def detect(path: Path) -> float:
    """Archives by their members, documents by their first keys."""
    start = opening(path)
    if start.start.startswith(documents.ZIP_START):
        names = member_names(path)
        if not names:
            return BROKEN if path.suffix.lower() == ".eval" else 0.0
        return SURE if HEADER in names or START in names else 0.0
    if not documents.is_json(path) or start.is_array:
        return 0.0
    return SURE if "status" in start.first and "model" in mapping(start.first.get("eval")) else 0.0


@source("inspect_ai", title="Inspect", detect=detect)
def read(file: LogFile, settings: SourceSettings) -> Iterator[Batch]:
    """Samples as rows, one an epoch; samples that ended in an error are left out.

    Raises:
        UnreadableFileError: It is no whole log, is written by a newer version, or exceeds the limits of an archive.
    """
    log = FindingLog(file.uri)
    if opening(file.path).start.startswith(documents.ZIP_START):
        yield from archive_samples(file, settings, log)
    else:
        said = documents.read_object(file.path)
        yield from read_samples(Header(said), document_samples(said), settings, log)
