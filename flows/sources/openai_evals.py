"""OpenAI Evals: one JSON lines file of a specification, events and a final report."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from flows.sources import lines, values
from flows.sources.documents import is_json_lines, opening
from flows.sources.finding_log import FindingLog
from flows.sources.packing import Packer
from flows.sources.registry import Batch, LogFile, SourceSettings, UnreadableFileError, source
from flows.sources.reported import Reported, reported_findings, reported_frame
from flows.sources.schema import Finding

SURE = 1.0
MOST_SAMPLES = 2_000_000
"""Events of parallel samples interleave, so the samples of a file wait in memory until its end."""


def detect(path: Path) -> float:
    """The first line is a specification."""
    first = opening(path).first
    return SURE if is_json_lines(path) and "completion_fns" in values.mapping(first.get("spec")) else 0.0


@dataclass
class _Sample:
    """The events of one sample, in their order."""

    line: int
    sampled: list[Mapping[str, Any]] = field(default_factory=list)
    matched: list[Mapping[str, Any]] = field(default_factory=list)
    picked: list[Mapping[str, Any]] = field(default_factory=list)
    likely: list[Mapping[str, Any]] = field(default_factory=list)
    metrics: dict[str, Any] = field(default_factory=dict)


class _Log:
    """One file while its events go by."""

    def __init__(self, log: FindingLog) -> None:
        self.log = log
        self.spec: Mapping[str, Any] = {}
        self.report: Mapping[str, Any] = {}
        self.samples: dict[str, _Sample] = {}

    def take(self, line: int, event: Mapping[str, Any]) -> None:
        """One line; the report stands first or last, by version."""
        if "spec" in event:
            self.spec = values.mapping(event["spec"])
        elif "final_report" in event:
            self.report = values.mapping(event["final_report"])
        else:
            self._event(line, event)

    def _event(self, line: int, event: Mapping[str, Any]) -> None:
        sample_id, data = values.text(event.get("sample_id")), values.mapping(event.get("data"))
        if sample_id is None:
            self.log.note("warning", "no_sample", [line], "an event without sample_id", "left aside")
            return
        if len(self.samples) >= MOST_SAMPLES and sample_id not in self.samples:
            reason = f"more than {MOST_SAMPLES:,} samples in one file; split it by run"
            raise UnreadableFileError("too_large", reason)
        kind = event.get("type")
        if kind == "error":
            reason = str(data.get("message") or data.get("error") or data)[:120]
            self.log.note("warning", "failed_sample", [line], f"an error event: {reason}", "the other events are read")
            return
        sample = self.samples.setdefault(sample_id, _Sample(line))
        listed = {
            "sampling": sample.sampled,
            "match": sample.matched,
            "pick_option": sample.picked,
            "cond_logp": sample.likely,
        }
        if isinstance(kind, str) and kind in listed:
            listed[kind].append(data)
        elif kind == "metrics":
            sample.metrics |= data

    def run(self) -> dict[str, Any]:
        """Model and task; the format holds no number of examples."""
        names = [values.text(name) for name in values.sequence(self.spec.get("completion_fns"))]
        model = ",".join(name for name in names if name) or None
        return {"model_id": model, "task_id": values.text(self.spec.get("eval_name"))}

    def reported(self, run: Mapping[str, Any]) -> list[Reported]:
        """The numbers of the final report, with those of its samples beside."""
        found = []
        for metric, value in self.report.items():
            stated = values.number(value)
            if stated is not None and isinstance(value, int | float):
                recomputed = self._mean(metric)
                route = None if recomputed is None else "item_scores"
                found.append(Reported(run, metric, stated, None, None, recomputed, route))
        return found

    def _mean(self, metric: str) -> float | None:
        found = [values.number(sample.metrics.get(metric)) for sample in self.samples.values()]
        if not found or None in found:
            found = [self._correct(sample) if metric == "accuracy" else None for sample in self.samples.values()]
        known = [value for value in found if value is not None]
        return sum(known) / len(known) if known and len(known) == len(found) else None

    def _correct(self, sample: _Sample) -> float | None:
        marks = [values.truth(match.get("correct")) for match in sample.matched]
        known = [float(mark) for mark in marks if mark is not None]
        return known[0] if len(known) == 1 else None


def _row(sample: _Sample) -> dict[str, Any]:
    """Several sampling events are normal, a grader's among them: the first is the model's own."""
    sampling = sample.sampled[0] if sample.sampled else {}
    match = sample.matched[0] if sample.matched else {}
    output = _joined(sampling.get("sampled", match.get("sampled")))
    row: dict[str, Any] = {
        "prompt": _prompt(sampling.get("prompt")),
        "output": output,
        "extracted": _joined(match.get("picked")),
        "targets": values.texts(match.get("expected")) or None,
    }
    for likely in sample.likely[:1]:
        row["target_logprob"] = values.number(likely.get("logp"))
        row["targets"] = values.texts(likely.get("completion"))
        row["prompt"] = row["prompt"] or _prompt(likely.get("prompt"))
        row["n_target_bytes"] = len("".join(row["targets"] or []).encode("utf-8", "replace")) or None
    for picked in sample.picked[:1]:
        row["extracted"] = _joined(picked.get("picked"))
        row["prompt"] = row["prompt"] or _prompt(picked.get("prompt"))
        options = values.texts(picked.get("options"))
        places = [place for place, option in enumerate(options or []) if option in (row["targets"] or [])]
        row |= {"choices": options, "gold": places[0] if len(places) == 1 else None}
    return row


def _joined(value: object) -> str | None:
    """A text; of a list the only element; None where nothing was picked."""
    found = values.texts(value)
    return found[0] if found and len(found) == 1 else None


def _prompt(value: object) -> str | None:
    """A text, or the messages of a conversation under their roles."""
    if isinstance(value, str):
        return value
    messages = [values.mapping(message) for message in values.sequence(value)]
    said = [(str(message.get("role")), values.text(message.get("content")) or "") for message in messages]
    return said[0][1] if len(said) == 1 else "\n\n".join(f"{role}: {text}" for role, text in said) or None


@source("openai_evals", title="OpenAI Evals", detect=detect)
def read(file: LogFile, settings: SourceSettings) -> Iterator[Batch]:
    """One row a sample, in the order of their first events.

    Raises:
        UnreadableFileError: It has no specification, or more samples than fit into memory.
    """
    log = FindingLog(file.uri)
    found = _Log(log)
    for line, _, event in lines.json_records(file.path, log):
        found.take(line, event)
    if not found.spec:
        met = next(iter(log.take()), None)
        because = "" if met is None else f"; first of what was met: {met.reason}"
        reason = f"no line holds `spec`, so nothing says which model and task it is of{because}"
        raise UnreadableFileError("no_spec" if met is None else met.kind, reason)
    packer = Packer(log, settings)
    run = found.run()
    for sample_id, sample in found.samples.items():
        packer.add(sample.line, {**run, "item_id": sample_id, **_row(sample)})
        if packer.is_full:
            yield packer.batch()
    reported = found.reported(run | packer.fixed)
    if not found.report:
        reason = "no final report, so the run did not end"
        log.add(Finding("warning", "not_finished", reason, "its samples so far are read", uri=file.uri))
    for finding in reported_findings(reported, file.uri):
        log.add(finding)
    yield packer.last(reported=reported_frame(reported))
