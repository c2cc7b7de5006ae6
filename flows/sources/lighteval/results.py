"""Where lighteval puts its files, which model and task they are of, and the scores of a results file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from flows.sources import documents, values
from flows.sources.finding_log import FindingLog
from flows.sources.packing import Packer
from flows.sources.registry import Batch, LogFile, SourceSettings, UnreadableFileError
from flows.sources.reported import Reported, reported_frame
from flows.sources.schema import Finding

TIME = r"\d{4}-\d{2}-\d{2}T\d{2}[-:]\d{2}[-:]\d{2}(?:\.\d+)?"
ALL = "all"


@dataclass(frozen=True)
class Place:
    """Where a file lies: ``<out>/{details,results}/<model>/…``; the model's name may hold slashes.

    Attributes:
        path: The file.
    """

    path: Path

    @cached_property
    def time(self) -> str | None:
        """The time in its name."""
        found = re.search(TIME, self.path.name)
        return found[0] if found else None

    @cached_property
    def root(self) -> Path | None:
        """The folder of the whole output."""
        places = [folder for folder in self.path.parents if folder.name in ("details", "results")]
        return places[0].parent if places else None

    @cached_property
    def model(self) -> str | None:
        """Name of the model as the folders have it."""
        if self.root is None:
            return None
        parts = self.path.parent.relative_to(self.root).parts[1:]
        kept = parts[:-1] if parts and re.fullmatch(TIME, parts[-1]) else parts
        return "/".join(kept) or None

    def results(self) -> Path | None:
        """The results file of the same model and time."""
        if self.root is None or self.model is None or self.time is None:
            return None
        return documents.with_compressed(self.root / "results" / self.model, f"results_{self.time}.json")

    def has_details(self, task: str) -> bool:
        """Details of a task of the same model and time are there."""
        if self.root is None or self.model is None or self.time is None:
            return False
        name = f"details_{task}_{self.time}.parquet"
        return (self.root / "details" / self.model / self.time / name).is_file()

    @cached_property
    def task(self) -> str:
        """The task in the name of a details file, with its suite and number of examples."""
        return re.sub(rf"^details_|_{TIME}\.parquet$|\.parquet$", "", self.path.name)


def task_and_shots(name: str) -> tuple[str, int | None]:
    """``suite|task|shots`` or ``task|shots`` taken apart; a fourth part of old names is a switch."""
    parts = name.split("|")
    if len(parts) == 4:
        parts = parts[:3]
    if len(parts) > 1 and parts[-1].isascii() and parts[-1].isdigit():
        return "|".join(parts[:-1]), values.whole(parts[-1])
    return name, None


def model_of(said: Mapping[str, Any], place: Place) -> str | None:
    """The model as the results file names it, with its revision, else as the folders do."""
    general = values.mapping(said.get("config_general"))
    config = values.mapping(general.get("model_config"))
    name = values.text(general.get("model_name")) or values.text(config.get("model_name")) or place.model
    revision = values.text(config.get("revision"))
    return name if not name or revision in (None, "", "main") else f"{name}@{revision}"


def scores_of(said: Mapping[str, Any], task: str) -> list[tuple[str, float, float | None]]:
    """Metric, value and standard error of a task."""
    found = values.mapping(values.of_path(said, "results", task))
    stated = {name: values.number(value) for name, value in found.items()}
    return [
        (name, value, stated.get(f"{name}_stderr"))
        for name, value in stated.items()
        if value is not None and not name.endswith("_stderr")
    ]


def read_results(file: LogFile, settings: SourceSettings) -> Batch:
    """The scores of tasks whose details are missing."""
    said = documents.read_object(file.path)
    log = FindingLog(file.uri)
    packer = Packer(log, settings)
    place = Place(file.path)
    model_id = packer.fixed.get("model_id", model_of(said, place))
    if model_id is None:
        raise UnreadableFileError("no_model", "it does not say which model it is of; set model_id in the study file")
    tasks = [task for task in values.mapping(said.get("results")) if task != ALL and not place.has_details(task)]
    reported = []
    for name in tasks:
        task, shots = task_and_shots(name)
        run = {"model_id": model_id, "task_id": task, "n_shots": shots} | packer.fixed
        reported += [Reported(run, metric, value, error) for metric, value, error in scores_of(said, name)]
    if reported:
        reason = f"{len(reported):,} scores of {len(tasks):,} tasks without details"
        log.add(Finding("note", "aggregate_only", reason, "kept apart from scores of samples", uri=file.uri))
    return packer.companion(reported=reported_frame(reported))
