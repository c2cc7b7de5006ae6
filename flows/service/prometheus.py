"""Figures for monitoring, in the text format that Prometheus collects."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from flows.summary import Summary

STATES = ("done", "nothing_to_do", "partial", "failed", "cancelled")


def exposition(study: str, record: Mapping[str, Any] | None, summary: Summary | None, disk_bytes: int) -> str:
    """The figures of a study.

    Args:
        study: Its name, the label of every figure.
        record: The last run (``flows.service.record.RunRecord.as_json``); None: there was none.
        summary: What the snapshot holds; None: there is no snapshot.
        disk_bytes: Bytes of the warehouse, its snapshot and pages.
    """
    lines = [
        *_of_run(study, record or {}),
        *_of_content(study, summary),
        *_gauge("disk_bytes", "Bytes of the warehouse, its snapshot and pages.", [({"study": study}, disk_bytes)]),
    ]
    return "\n".join(lines) + "\n"


def disk_bytes(*places: Path) -> int:
    """Bytes of files, and of all files in folders; what is not there counts nothing."""
    found = [file for place in places for file in ([place] if place.is_file() else place.rglob("*"))]
    return sum(file.stat().st_size for file in found if file.is_file())


def _of_run(study: str, record: Mapping[str, Any]) -> Iterator[str]:
    if not record:
        return
    label = {"study": study}
    ended = dt.datetime.fromisoformat(record["ended_at"]).replace(tzinfo=dt.UTC)
    began = dt.datetime.fromisoformat(record["started_at"]).replace(tzinfo=dt.UTC)
    states = [(label | {"state": state}, int(record["state"] == state)) for state in STATES]
    yield from _gauge("run_state", "State of the last run: 1 for the one it is in.", states)
    yield from _gauge("run_end_timestamp_seconds", "When the last run ended.", [(label, ended.timestamp())])
    if record.get("finished_at"):
        finished = dt.datetime.fromisoformat(record["finished_at"]).replace(tzinfo=dt.UTC)
        text = "When a run last came to its end, neither failed nor cancelled."
        yield from _gauge("run_finished_timestamp_seconds", text, [(label, finished.timestamp())])
    yield from _gauge("run_seconds", "Wall time of the last run.", [(label, (ended - began).total_seconds())])
    yield from _gauge("run_cpu_seconds", "Processor time of the last run.", [(label, record["cpu_seconds"])])
    yield from _gauge("run_peak_memory_bytes", "Most memory the last run held.", [(label, record["peak_memory_bytes"])])
    stages = [(label | {"stage": stage["stage"]}, stage["seconds"]) for stage in record["stages"]]
    yield from _gauge("stage_seconds", "Wall time of a stage of the last run.", stages)


def _of_content(study: str, summary: Summary | None) -> Iterator[str]:
    if summary is None:
        return
    label, counts = {"study": study}, summary.counts
    for name in ("files", "runs", "samples", "models", "tasks", "ladders"):
        yield from _gauge(name, f"Number of {name} in the snapshot.", [(label, counts[name])])
    findings = Counter[str]()
    for row in summary.findings:
        findings[row["severity"]] += row["n"]
    levels = [(label | {"severity": level}, findings[level]) for level in ("error", "warning", "note")]
    yield from _gauge("findings", "Findings in the snapshot.", levels)
    verdicts = Counter(row["verdict"] for row in summary.verdicts)
    yield from _gauge(
        "verdicts", "Ladders by verdict.", [(label | {"verdict": v}, n) for v, n in sorted(verdicts.items())]
    )
    yield from _gauge("snapshot_generation", "Number of the snapshot.", [(label, counts["generation"])])
    published = counts["published_at"].replace(tzinfo=dt.UTC).timestamp()
    yield from _gauge("snapshot_timestamp_seconds", "When the snapshot was published.", [(label, published)])


def _gauge(name: str, text: str, values: Sequence[tuple[dict[str, str], float]]) -> Iterator[str]:
    if not values:
        return
    yield f"# HELP mirage_{name} {text}"
    yield f"# TYPE mirage_{name} gauge"
    for labels, value in values:
        inside = ",".join(f'{key}="{_escaped(text)}"' for key, text in labels.items())
        yield f"mirage_{name}{{{inside}}} {value!r}"


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
