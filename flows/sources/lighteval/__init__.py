"""lighteval: details of samples in Parquet, in three layouts, and results files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from flows.sources import documents, values
from flows.sources.documents import opening
from flows.sources.lighteval.details import column_names, is_details, read_details
from flows.sources.lighteval.results import Place, read_results
from flows.sources.registry import Batch, LogFile, SourceSettings, source

SURE = 1.0


def detect(path: Path) -> float:
    """Details by their columns, results by their first section."""
    start = opening(path)
    if start.start.startswith(documents.PARQUET_START):
        return SURE if is_details(column_names(path)) else 0.0
    general = values.mapping(start.first.get("config_general"))
    return SURE if documents.is_json(path) and ("lighteval_sha" in general or "model_name" in general) else 0.0


def companions(path: Path) -> list[Path]:
    """The results file of a details file."""
    found = None if documents.is_json(path) else Place(path).results()
    return [] if found is None else [found]


@source("lighteval", title="lighteval", detect=detect, companions=companions)
def read(file: LogFile, settings: SourceSettings) -> Iterator[Batch]:
    """Details as rows; results give their scores where no details lie where the tool writes them.

    Raises:
        UnreadableFileError: It is no whole Parquet or JSON file, or nothing says which model it is of.
    """
    if documents.is_json(file.path):
        yield read_results(file, settings)
    else:
        yield from read_details(file, settings)
