"""One result file of BIG-bench: its model, its queries, its scores."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import polars as pl

from flows.sources import values
from flows.sources.bigbench.queries import kind_of, row_of, scores_of
from flows.sources.finding_log import FindingLog
from flows.sources.packing import Packer, model_frame
from flows.sources.registry import Batch, LogFile, SourceSettings, UnreadableFileError
from flows.sources.reported import Means, Reported, reported_findings, reported_frame
from flows.sources.schema import Finding

PROGRAMMATIC = "programmatic"
AGGREGATE = "normalized_aggregate_score"
BOUNDS = ("low_score", "high_score")
OUR_METRICS = {
    "exact_str_match": "exact_match__logged",
    "multiple_choice_grade": "multiple_choice_grade",
}
"""Metrics of the catalogue with the definition of the tool's own; so for a single right choice."""


@dataclass(frozen=True)
class Log:
    """One file as written.

    Attributes:
        said: Its content. Scores are as in the file, [0,1] but for those that are percent by themselves.
    """

    said: Mapping[str, Any]

    @cached_property
    def model(self) -> Mapping[str, Any]:
        """The section ``model``."""
        return values.mapping(self.said.get("model"))

    @cached_property
    def model_id(self) -> str | None:
        """Family and name."""
        family, name = values.text(self.model.get("model_family")), values.text(self.model.get("model_name"))
        return name if not family or not name else f"{family}/{name}"

    @cached_property
    def task(self) -> str | None:
        """The task, of which every score and query is a subtask or the whole."""
        return values.text(values.of_path(self.said, "task", "task_name"))

    def task_id(self, subtask: str | None) -> str | None:
        """Task and subtask; the two are never mixed."""
        is_whole = subtask in (None, self.task, PROGRAMMATIC)
        return self.task if is_whole or self.task is None else f"{self.task}:{subtask}"

    @cached_property
    def queries(self) -> list[Mapping[str, Any]]:
        """Its queries; none in a file of scores."""
        return [values.mapping(query) for query in values.sequence(self.said.get("queries"))]

    def scores(self) -> Iterator[tuple[str | None, int | None, Mapping[str, Any]]]:
        """Subtask, examples in the prompt (-1 means nothing) and content of each entry of scores."""
        for entry in map(values.mapping, values.sequence(self.said.get("scores"))):
            shots = values.whole(entry.get("number_of_shots"))
            subtask = values.text(entry.get("subtask_description"))
            yield subtask, None if shots == -1 else shots, entry

    def models(self, model_id: str | None) -> pl.DataFrame | None:
        """Parameters; training tokens would need a sequence length, which is not said."""
        counts = [values.number(self.model.get(name)) for name in ("total_params", "non_embedding_params")]
        total, without = (value if value and value > 0 else None for value in counts)
        family = values.text(self.model.get("model_family"))
        return model_frame(model_id, family=family, n_params=total, n_params_non_embedding=without)


def read_log(log: Log, file: LogFile, settings: SourceSettings) -> Iterator[Batch]:
    """The rows and scores of a file."""
    findings = FindingLog(file.uri)
    packer = Packer(findings, settings)
    model_id = packer.fixed.get("model_id", log.model_id)
    if model_id is None:
        raise UnreadableFileError("no_model", "it does not say which model it is of; set model_id in the study file")
    means = Means()
    for line, row in _rows(log, means, findings):
        packer.add(line, {"model_id": model_id} | row)
        if packer.is_full:
            yield packer.batch()
    if not log.queries and _full_log(file.path).is_file():
        yield packer.companion(log.models(model_id))
        return
    reported = [*_reported(log, means, {"model_id": model_id}, packer.fixed)]
    if not log.queries and reported:
        reason = f"{len(reported):,} scores without the queries they are from"
        findings.add(Finding("note", "aggregate_only", reason, "kept apart from scores of samples", uri=file.uri))
    else:
        for finding in reported_findings([one for one in reported if one.metric not in BOUNDS], file.uri):
            findings.add(finding)
    end = packer.last if log.queries else packer.companion
    yield end(log.models(model_id), reported_frame(reported))


def _full_log(scores: Path) -> Path:
    return scores.with_name("full-log_" + scores.name.removeprefix("scores_"))


def _rows(log: Log, means: Means, findings: FindingLog) -> Iterator[tuple[int, dict[str, Any]]]:
    """Rows with their number over all queries; items are numbered by their place in the query."""
    met: Counter[tuple[Any, ...]] = Counter()
    line = 0
    for query in log.queries:
        kind = kind_of(query)
        samples = values.sequence(query.get("samples"))
        subtask, shots = values.text(query.get("task")), values.whole(query.get("shots"))
        if kind is None:
            reason = f"a query of the unknown function {str(query.get('function'))[:40]!a}"
            findings.add(
                Finding("error", "unknown_query", reason, f"{len(samples)} samples left out", uri=findings.uri)
            )
            line += len(samples)
            continue
        key = (subtask, shots, kind)
        met[key] += 1
        prefix = "" if met[key] == 1 else f"{met[key]}."
        run = {"task_id": log.task_id(subtask), "n_shots": shots, "filter": kind}
        for place, sample in enumerate(map(values.mapping, samples)):
            line += 1
            if not sample:
                findings.quarantine("not_an_object", line, "a sample is no JSON object")
                continue
            row = row_of(kind, sample)
            for metric, value, route in scores_of(kind, row, sample):
                means.add((subtask, shots, metric, route), value)
            yield line, {**run, "item_id": f"{prefix}{place}", **row}


def _reported(log: Log, means: Means, run: Mapping[str, Any], fixed: Mapping[str, Any]) -> Iterator[Reported]:
    for subtask, shots, entry in log.scores():
        where = {**run, "task_id": log.task_id(subtask), "n_shots": shots, **fixed}
        stated = values.mapping(entry.get("score_dict"))
        for metric, value in [*stated.items(), *((name, entry.get(name)) for name in BOUNDS)]:
            number = values.number(value)
            if number is None:
                continue
            recomputed, route = _mean(means, subtask, shots, metric)
            if metric == AGGREGATE:
                recomputed, route = _normalised(means, subtask, shots, entry)
            ours = OUR_METRICS.get(metric) if route == "outputs" else None
            yield Reported(where, metric, number, recomputed=recomputed, route=route, subset=subtask, our_metric=ours)


def _mean(means: Means, subtask: str | None, shots: int | None, metric: str) -> tuple[float | None, str | None]:
    for route in ("outputs", "item_scores"):
        value = means.mean((subtask, shots, metric, route))
        if value is not None:
            return value, route
    return None, None


def _normalised(
    means: Means, subtask: str | None, shots: int | None, entry: Mapping[str, Any]
) -> tuple[float | None, str | None]:
    """Where the preferred score lies between the low and the high one, in percent; below 0 where it is worse."""
    low, high = (values.number(entry.get(name)) for name in BOUNDS)
    value, route = _mean(means, subtask, shots, str(entry.get("preferred_score")))
    if value is None or low is None or high is None or high <= low:
        return None, None
    return 100 * (value - low) / (high - low), route
