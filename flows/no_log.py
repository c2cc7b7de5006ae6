"""What stands in for a reader where a folder or an archive holds a file that is no log."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from flows.sources.finding_log import FindingLog
from flows.sources.packing import Packer
from flows.sources.registry import Batch, LogFile, Source, SourceSettings, sources
from flows.sources.schema import Finding

NO_LOG = "none"
"""Format of such a file in the warehouse."""


def no_log(reason: str = "no reader recognises it") -> Source:
    """A reader that gives no rows and says why; its version changes with the formats there are."""

    def read(file: LogFile, settings: SourceSettings) -> Iterator[Batch]:
        log = FindingLog(file.uri)
        log.add(Finding("note", "no_log", reason, "left out; it lies among logs and need be none", uri=file.uri))
        yield Packer(log, settings).companion()

    version = int(hashlib.sha256(",".join(sources()).encode()).hexdigest()[:8], 16)
    return Source(NO_LOG, "no log", version, SourceSettings, lambda _: 0.0, read)
