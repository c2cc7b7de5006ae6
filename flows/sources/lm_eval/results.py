"""Results files of lm-evaluation-harness: which model, which setting, which scores; 0.3 and all of 0.4."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import polars as pl

from flows.sources import documents, values
from flows.sources.finding_log import FindingLog
from flows.sources.packing import Packer, model_frame, said_by_study
from flows.sources.registry import Batch, LogFile, SourceSettings, UnreadableFileError
from flows.sources.reported import Reported, reported_frame
from flows.sources.schema import Finding

TIME = r"\d{4}-\d{2}-\d{2}T\d{2}[-:]\d{2}[-:]\d{2}(?:\.\d+)?"
MODEL_KEYS = ("peft", "delta", "pretrained", "model", "path", "engine")
"""Keys of model_args that name the model, in the harness's own order."""
MAIN_REVISIONS = (None, "", "main", "None")
NO_SCORES = ("alias", "name", "sample_len", "sample_count", " ")


def is_results(first: Mapping[str, Any]) -> bool:
    """A document with the sections of a results file of any version."""
    if not isinstance(first.get("results"), dict) or "config_general" in first:
        return False
    scores = [found for found in first["results"].values() if isinstance(found, dict)]
    named = any("," in name or name.endswith("_stderr") for found in scores for name in found)
    return named or ({"versions", "config"} <= first.keys() and isinstance(first["versions"], dict))


@dataclass(frozen=True)
class Results:
    """One results file.

    Attributes:
        path: Where it is.
        said: Its content.
    """

    path: Path
    said: Mapping[str, Any]

    @cached_property
    def model_args(self) -> Mapping[str, Any]:
        """Arguments of the model: a text up to 0.4.9 from the command line, an object from 0.4.10 and from Python."""
        given = values.of_path(self.said, "config", "model_args")
        if isinstance(given, dict):
            return given
        pairs = (part.partition("=") for part in str(given or "").split(","))
        return {name.strip(): value.strip() for name, equals, value in pairs if equals}

    @cached_property
    def is_named(self) -> bool:
        """Something names the model; else the harness makes a name up at random."""
        named = any(self.model_args.get(key) for key in MODEL_KEYS)
        return named or ("model_name" in self.said and not re.fullmatch(r"[a-z0-9]{8}", str(self.said["model_name"])))

    @cached_property
    def model_id(self) -> str | None:
        """The model, with its revision where that is no main branch: ``name@step1000``."""
        name = values.text(self.said.get("model_name")) or next(
            (str(self.model_args[key]) for key in MODEL_KEYS if self.model_args.get(key)), None
        )
        revision = self.model_args.get("revision") or values.of_path(self.said, "config", "model_revision")
        return name if not name or revision in MAIN_REVISIONS else f"{name}@{revision}"

    @cached_property
    def n_params(self) -> float | None:
        """Parameters, where the harness counted them; it writes -1 where it could not."""
        found = values.number(values.of_path(self.said, "config", "model_num_parameters"))
        return found if found and found > 0 else None

    @cached_property
    def tasks(self) -> dict[str, Mapping[str, Any]]:
        """Scores by task."""
        found = values.mapping(self.said.get("results"))
        return {task: scores for task, scores in found.items() if isinstance(scores, dict)}

    @cached_property
    def known_tasks(self) -> set[str]:
        """Every task it knows of, groups included."""
        return {*values.mapping(self.said.get("configs")), *self.tasks}

    def config(self, task: str) -> Mapping[str, Any]:
        """The configuration of a task."""
        return values.mapping(values.of_path(self.said, "configs", task))

    def n_shots(self, task: str) -> int | None:
        """Examples in the prompt."""
        stated = values.whole(values.of_path(self.said, "n-shot", task))
        if stated is None:
            stated = values.whole(self.config(task).get("num_fewshot"))
        return values.whole(values.of_path(self.said, "config", "num_fewshot")) if stated is None else stated

    def filters(self, task: str) -> list[str]:
        """Names of the answer extractions of a task, in their order."""
        found = [values.mapping(part).get("name") for part in values.sequence(self.config(task).get("filter_list"))]
        return [str(name) for name in found if name is not None] or ["none"]

    def n_items(self, task: str) -> int | None:
        """Items that the task was run on."""
        return values.whole(values.of_path(self.said, "n-samples", task, "effective"))

    def scores(self, task: str) -> Iterator[tuple[str, str | None, float, float | None]]:
        """Metric, filter (None before 0.4), value and standard error; errors written ``N/A`` are None."""
        found = self.tasks.get(task, {})
        for name, value in found.items():
            metric, comma, filter_name = name.partition(",")
            if metric.endswith("_stderr") or name in NO_SCORES or isinstance(value, str):
                continue
            stated = values.number(value)
            if stated is not None:
                yield (
                    metric,
                    filter_name or None,
                    stated,
                    values.number(found.get(f"{metric}_stderr{comma}{filter_name}")),
                )

    def models(self, model_id: str | None) -> pl.DataFrame | None:
        """What it says about its model."""
        return model_frame(model_id, n_params=self.n_params)


def load(path: Path) -> Results:
    """One results file.

    Raises:
        UnreadableFileError: It is no whole JSON object with results.
    """
    said = documents.read_object(path)
    if not isinstance(said.get("results"), dict):
        raise UnreadableFileError("not_results", "a results file needs an object `results`, and this one has none")
    return Results(path, said)


def beside(samples: Path) -> Path | None:
    """The results file that was written with a samples file: the one with its time, or ``results.json``."""
    time = re.search(rf"_({TIME})\.jsonl?", samples.name)
    if time is None:
        found = sorted(
            path for name in ("results.json", "results.json.gz") if (path := samples.with_name(name)).is_file()
        )
        return found[0] if found else None
    name = _timed_results(samples.parent, samples.parent.stat().st_mtime_ns).get(time[1])
    return None if name is None else samples.with_name(name)


@lru_cache(maxsize=256)
def _timed_results(folder: Path, _modified_ns: int) -> Mapping[str, str]:
    """Documents of a folder by the time in their name, those called results first; listed once for all its samples."""
    documents_there = (name for name in os.listdir(folder) if documents.is_json(Path(name)))
    found: dict[str, str] = {}
    for name in sorted(documents_there, key=lambda name: (not name.startswith("results_"), name)):
        for time in re.findall(TIME, name):
            found.setdefault(time, name)
    return found


def read(file: LogFile, settings: SourceSettings) -> Batch:
    """The scores of a results file for the tasks whose samples do not lie beside it."""
    results = load(file.path)
    log = FindingLog(file.uri)
    fixed = said_by_study(settings)
    model_id = fixed.get("model_id", results.model_id)
    note_name(results, settings, log)
    alone = [task for task in results.tasks if not _has_samples(results, task)]
    reported = []
    for task in alone:
        for metric, filter_name, value, error in results.scores(task):
            run = {"model_id": model_id, "task_id": task, "n_shots": results.n_shots(task), "filter": filter_name}
            reported.append(Reported(run | fixed, metric, value, error, results.n_items(task)))
    if reported:
        reason = f"{len(reported):,} scores of {len(alone):,} tasks without samples beside them"
        log.add(Finding("note", "aggregate_only", reason, "kept apart from scores of samples", uri=file.uri))
    if model_id is None:
        reason = "it does not say which model it is of; set model_id in the study file"
        raise UnreadableFileError("no_model", reason)
    return Packer(log, settings).companion(results.models(model_id), reported_frame(reported))


def _has_samples(results: Results, task: str) -> bool:
    time = re.search(TIME, results.path.name)
    pattern = f"samples_{task}_{time[0]}.jsonl*" if time else f"*_{task}.jsonl*"
    return any(results.path.parent.glob(glob_escaped(pattern)))


def glob_escaped(pattern: str) -> str:
    """A pattern whose only wildcards are its stars."""
    return re.sub(r"([?\[])", r"[\1]", pattern)


def note_name(results: Results, settings: SourceSettings, log: FindingLog) -> None:
    """Say where the harness made up the name of the model."""
    if settings.model_id is None and results.model_id is not None and not results.is_named:
        reason = f"no argument names the model, so the harness made up the name {results.model_id!r} at random"
        log.add(Finding("warning", "random_model_name", reason, "kept; set model_id in the study file", uri=log.uri))
