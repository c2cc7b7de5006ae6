"""lm-evaluation-harness: samples files, with the results file beside them, and results files alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from flows.sources import documents
from flows.sources.documents import Opening, opening
from flows.sources.lm_eval import results, samples
from flows.sources.registry import Batch, LogFile, SourceSettings, source

SAMPLE_KEYS = {"doc_id", "resps", "filtered_resps"}
SURE = 1.0
BY_NAME = 0.9
"""A first row whose document is longer than what is looked at."""


def detect(path: Path) -> float:
    """Samples by the keys of their rows; results by their sections and the form of their scores."""
    start = opening(path)
    if is_samples(path, start):
        return SURE if start.first.keys() >= SAMPLE_KEYS else BY_NAME
    return SURE if documents.is_json(path) and results.is_results(start.first) else 0.0


def is_samples(path: Path, start: Opening) -> bool:
    """The rows have the keys of samples, as far as they can be seen."""
    if not documents.is_json_lines(path):
        return False
    keys = start.first.keys()
    cut_short = not start.is_lines and keys >= {"doc_id", "doc"} and "native_id" not in keys
    return keys >= SAMPLE_KEYS or (cut_short and path.name.startswith("samples_"))


def companions(path: Path) -> list[Path]:
    """The results file of a samples file."""
    found = results.beside(path) if documents.is_json_lines(path) else None
    return [] if found is None else [found]


@source("lm_eval", title="lm-evaluation-harness", version=2, detect=detect, companions=companions)
def read(file: LogFile, settings: SourceSettings) -> Iterator[Batch]:
    """Samples as rows; a results file gives its scores where no samples lie beside it.

    Raises:
        UnreadableFileError: Nothing says which model it was, or the file is no whole results file.
    """
    if documents.is_json_lines(file.path):
        yield from samples.read(file, settings)
    else:
        yield results.read(file, settings)
