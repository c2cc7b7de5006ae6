"""Where OpenCompass puts its files, and how predictions, parts of them and results go together."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from flows.sources import documents, values
from flows.sources.finding_log import FindingLog
from flows.sources.opencompass.items import LABEL, is_item, rows
from flows.sources.packing import Packer
from flows.sources.registry import Batch, LogFile, SourceSettings, UnreadableFileError
from flows.sources.reported import Means, Reported, reported_findings, reported_frame
from flows.sources.schema import Finding

PREDICTIONS, RESULTS = "predictions", "results"
NUMBER = re.compile(r"[0-9]{1,9}")
PART = re.compile(r"(.+)_(\d{1,4})")


@dataclass(frozen=True)
class Place:
    """Where a file lies: ``<run>/{predictions,results}/<model>/<data set>.json``.

    Attributes:
        path: The file.
    """

    path: Path

    @cached_property
    def stem(self) -> str:
        """Its name without endings."""
        return self.path.name.split(".json")[0]

    @cached_property
    def model(self) -> str | None:
        """The model's abbreviation, where the file lies as the tool puts it."""
        return self.path.parent.name if self.path.parent.parent.name in (PREDICTIONS, RESULTS) else None

    @cached_property
    def is_results(self) -> bool:
        """It is a file of results, and not of predictions."""
        folder = self.path.parent.parent
        return folder.name == RESULTS and (folder.parent / PREDICTIONS).is_dir()

    def other(self, kind: str, stem: str) -> Path | None:
        """The file of the same model in the other folder."""
        folder = self.path.parent.parent.parent / kind / self.path.parent.name
        return documents.with_compressed(folder, f"{stem}.json") if self.model else None

    @cached_property
    def part(self) -> tuple[str, int] | None:
        """Data set and number of a part; None where the file is whole, however its name ends."""
        found = PART.fullmatch(self.stem)
        if found is None or self.other(RESULTS, self.stem):
            return None
        beside = documents.with_compressed(self.path.parent, f"{found[1]}_{0 if found[2] != '0' else 1}.json")
        return (found[1], int(found[2])) if beside or self.other(RESULTS, found[1]) else None

    @cached_property
    def task_id(self) -> str:
        """The data set's abbreviation."""
        return self.part[0] if self.part else self.stem

    def companions(self) -> list[Path]:
        """Files that reading its predictions opens: the results, or the parts before."""
        stem, number = self.part or ("", 0)
        names = [f"{stem}_{earlier}.json" for earlier in range(number)]
        found = [documents.with_compressed(self.path.parent, name) for name in names]
        found += [] if self.part else [self.other(RESULTS, self.stem)]
        return [path for path in found if path is not None]

    def n_before(self) -> int:
        """Items in the parts before this one; every part counts its own from 0."""
        stem, number = self.part or ("", 0)
        total = 0
        for earlier in range(number):
            path = documents.with_compressed(self.path.parent, f"{stem}_{earlier}.json")
            if path is None:
                reason = f"part {earlier} of {stem} is not beside it, so the numbers of its items are not known"
                raise UnreadableFileError("missing_part", f"{reason}; put all parts together")
            total += len(documents.read_object(path))
        return total


def _scores(said: Mapping[str, Any]) -> dict[str, float]:
    found = {name: values.number(value) for name, value in said.items() if isinstance(value, int | float)}
    return {name: value for name, value in found.items() if value is not None}


def _details(said: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """What the evaluator wrote about single items, by number."""
    details = said.get("details")
    if isinstance(details, list):
        return {str(place): values.mapping(one) for place, one in enumerate(details)}
    return {number: values.mapping(one) for number, one in values.mapping(details).items()}


def read_predictions(file: LogFile, settings: SourceSettings) -> Iterator[Batch]:
    """Rows of predictions.

    Raises:
        UnreadableFileError: Nothing says which model they are of, or a part before this one is missing.
    """
    place = Place(file.path)
    if place.model is None and settings.model_id is None:
        reason = "it lies in no folder predictions/<model>, so nothing says which model it is of"
        raise UnreadableFileError("no_model", f"{reason}; set model_id in the study file")
    said = documents.read_object(file.path)
    offset = place.n_before()
    path = None if place.part else place.other(RESULTS, place.stem)
    results = documents.read_object(path) if path else {}
    details = _details(results)
    log = FindingLog(file.uri)
    packer = Packer(log, settings)
    run = {"model_id": place.model, "task_id": place.task_id}
    means = Means()
    for line, (number, item) in enumerate(said.items(), 1):
        if not NUMBER.fullmatch(number) or not isinstance(item, dict) or not is_item(item):
            log.quarantine("no_item", line, f"entry {number[:40]!a} is no item with a prediction")
            continue
        about = details.get(number, {})
        extracted = values.text(about.get("pred", about.get("predictions")))
        _note_perplexity(item, line, log)
        for row in rows(str(int(number) + offset), item, extracted):
            packer.add(line, {**run, **row}, 1_000)
            if row.get("choices"):
                means.add("accuracy", _percent(row))
        correct = about.get("correct")
        if isinstance(correct, bool):
            means.add("details", 100.0 * correct)
        if packer.is_full:
            yield packer.batch()
    reported = [_reported(run | packer.fixed, name, value, means) for name, value in _scores(results).items()]
    for finding in reported_findings(reported, file.uri):
        log.add(finding)
    yield packer.last(reported=reported_frame(reported))


def _note_perplexity(item: Mapping[str, Any], line: int, log: FindingLog) -> None:
    if any(key.startswith(LABEL) and "PPL" in values.mapping(found) for key, found in item.items()):
        reason = "labels ranked by perplexity of the whole prompt, which is no log-probability of a choice"
        log.note("note", "no_logprobs", [line], reason, "choice_logprobs is NULL; the label that was picked is kept")


def _percent(row: Mapping[str, Any]) -> float | None:
    output, targets = row.get("output"), row.get("targets")
    return None if output is None or not targets else 100.0 * (output in targets)


def _reported(run: Mapping[str, Any], name: str, value: float, means: Means) -> Reported:
    recomputed, route = (means.mean("accuracy"), "outputs") if name == "accuracy" else (None, None)
    if recomputed is None and name in ("accuracy", "score"):
        recomputed, route = means.mean("details"), "item_scores"
    return Reported(run, name, value, None, None, recomputed, None if recomputed is None else route)


def read_results(file: LogFile, settings: SourceSettings) -> Batch:
    """The scores of a data set whose predictions are missing; percentages stay percentages."""
    place = Place(file.path)
    said = documents.read_object(file.path)
    log = FindingLog(file.uri)
    packer = Packer(log, settings)
    if place.other(PREDICTIONS, place.stem) or place.other(PREDICTIONS, f"{place.stem}_0"):
        return packer.companion()
    run = {"model_id": place.model, "task_id": place.stem} | packer.fixed
    reported = [Reported(run, name, value) for name, value in _scores(said).items()]
    reason = f"{len(reported):,} scores without predictions"
    log.add(Finding("note", "aggregate_only", reason, "kept apart from scores of samples", uri=file.uri))
    return packer.companion(reported=reported_frame(reported))
