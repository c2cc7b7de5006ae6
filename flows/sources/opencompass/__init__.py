"""OpenCompass: predictions of a data set by a model, whole or in parts, with the results beside them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from flows.sources import documents
from flows.sources.documents import opening
from flows.sources.opencompass.items import is_item
from flows.sources.opencompass.run import Place, read_predictions, read_results
from flows.sources.registry import Batch, LogFile, SourceSettings, source

SURE = 1.0


def detect(path: Path) -> float:
    """Predictions by their first item; results by the folders of the tool around them."""
    if not documents.is_json(path):
        return 0.0
    start = opening(path)
    if start.is_array or not start.first:
        return 0.0
    number, first = next(iter(start.first.items()))
    if number.isdigit() and isinstance(first, dict) and is_item(first):
        return SURE
    return SURE if Place(path).is_results else 0.0


def companions(path: Path) -> list[Path]:
    """The results of predictions, or the parts before one that is a part."""
    place = Place(path)
    return [] if place.is_results else place.companions()


@source("opencompass", title="OpenCompass", detect=detect, companions=companions)
def read(file: LogFile, settings: SourceSettings) -> Iterator[Batch]:
    """Predictions as rows; results give their scores only where predictions are missing.

    Raises:
        UnreadableFileError: It is no whole JSON object, or nothing says which model it is of.
    """
    if Place(file.path).is_results:
        yield read_results(file, settings)
    else:
        yield from read_predictions(file, settings)
