"""BIG-bench: full logs with their queries, and files of scores alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from flows.sources import documents, values
from flows.sources.bigbench.log import Log, read_log
from flows.sources.documents import opening
from flows.sources.registry import Batch, LogFile, SourceSettings, source

SURE = 1.0


def detect(path: Path) -> float:
    """Scores, and a task by name."""
    first = opening(path).first
    is_log = isinstance(first.get("scores"), list) and "task_name" in values.mapping(first.get("task"))
    return SURE if documents.is_json(path) and is_log else 0.0


@source("bigbench", title="BIG-bench", detect=detect)
def read(file: LogFile, settings: SourceSettings) -> Iterator[Batch]:
    """Queries as rows; a file of scores gives them where no full log lies beside it.

    Raises:
        UnreadableFileError: It is no whole log, or does not say which model it is of.
    """
    yield from read_log(Log(documents.read_object(file.path)), file, settings)
