"""The record of a run: what each stage took and came to, kept in the warehouse and in a file beside it."""

from __future__ import annotations

import datetime as dt
import json
import os
import resource
import socket
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from flows.moment import machine_moment
from flows.service.log import log
from flows.statements import sql
from flows.study import Study
from flows.version import program_version
from warehouse.transaction import transaction

LAST_RUN = ".last-run.json"
FINISHED = ("done", "nothing_to_do", "partial")
"""States of runs that came to their end."""
EARLIER = 9
"""Runs before the last one that its record names."""
KEPT_RUNS = 1_000
"""Runs of the pipeline whose record stays in the warehouse."""


@dataclass(frozen=True)
class StageRecord:
    """One finished stage.

    Attributes:
        stage: ``pull``, ``score``, ``analyze``, ``publish`` or ``report``.
        seconds: Wall time.
        cpu_seconds: Processor time of this process and of the worker processes that ended meanwhile.
        summary: What it came to, in words.
        outcome: The same in counts.
    """

    stage: str
    seconds: float
    cpu_seconds: float
    summary: str
    outcome: dict[str, Any]


@dataclass
class RunRecord:
    """A run while it goes on.

    Attributes:
        study: Name of the study.
        runner: ``direct`` or ``prefect``.
        run_id: Unique; in every log line of the run.
        started_at: Naive UTC.
        stages: Finished stages in order.
        state: ``done``, ``nothing_to_do`` or ``partial``.
        published_now: Whether it made a new snapshot.
    """

    study: str
    runner: str
    run_id: str = field(default_factory=lambda: uuid.uuid4().hex[:12])
    started_at: dt.datetime = field(default_factory=lambda: dt.datetime.now(dt.UTC).replace(tzinfo=None))
    stages: list[StageRecord] = field(default_factory=list)
    state: str = "done"
    published_now: bool = False
    _began: float = field(default_factory=time.monotonic)
    _cpu_before: float = field(default_factory=lambda: cpu_seconds())

    @property
    def seconds(self) -> float:
        """Wall time so far."""
        return time.monotonic() - self._began

    @contextmanager
    def stage(self, name: str) -> Iterator[list[Any]]:
        """Time a stage; the block appends its result to the list given."""
        wall, cpu = time.monotonic(), cpu_seconds()
        log(name, event="stage_started", stage=name)
        results: list[Any] = []
        yield results
        for result in results:
            done = StageRecord(name, time.monotonic() - wall, cpu_seconds() - cpu, str(result), _counts(result))
            self.stages.append(done)
            seconds = round(done.seconds, 3)
            log(done.summary, event="stage_finished", stage=name, seconds=seconds, counts=done.outcome)

    def as_json(self, state: str, error: str | None = None) -> dict[str, Any]:
        """The record as it is now, of JSON types only."""
        ended_at = dt.datetime.now(dt.UTC)
        return {
            "pipeline_run_id": self.run_id,
            "study": self.study,
            "state": state,
            "runner": self.runner,
            "started_at": machine_moment(self.started_at),
            "ended_at": machine_moment(ended_at),
            "cpu_seconds": cpu_seconds() - self._cpu_before,
            "peak_memory_bytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
            "host": socket.gethostname(),
            "pid": os.getpid(),
            "program_version": program_version(),
            "error": error,
            "stages": [asdict(stage) for stage in self.stages],
        }


def cpu_seconds() -> float:
    """Processor time, seconds: of this process and of those it has waited for."""
    return sum(
        usage.ru_utime + usage.ru_stime
        for usage in (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    )


def store(con: duckdb.DuckDBPyConnection, record: dict[str, Any]) -> None:
    """Put a record (``RunRecord.as_json``) into the tables ``pipeline_run`` and ``pipeline_stage``."""
    times = {name: dt.datetime.fromisoformat(record[name]).replace(tzinfo=None) for name in ("started_at", "ended_at")}
    run = {name: value for name, value in record.items() if name != "stages"} | times
    stages = [
        {**stage, "pipeline_run_id": record["pipeline_run_id"], "position": place, "outcome": _text(stage["outcome"])}
        for place, stage in enumerate(record["stages"])
    ]
    # One statement a row: handing frames over makes DuckDB import what a run with nothing new does not need.
    with transaction(con):
        con.execute(sql("note_run"), run)
        for stage in stages:
            con.execute(sql("note_stage"), stage)
        con.execute(sql("forget_old_runs"), {"kept": KEPT_RUNS})
        con.execute(sql("forget_old_stages"))


def keep(study: Study, record: dict[str, Any]) -> dict[str, Any]:
    """Write the record of the last run beside the warehouse, whole or not at all.

    Returns:
        The record with what is written beside it: ``finished_at``, when a run last came to its end (None: never), and
        ``earlier``, the state, times and error of the runs before, the newest first.
    """
    before = last_run(study) or {}
    brief = {name: before[name] for name in ("state", "started_at", "ended_at", "error") if name in before}
    known = [*([brief] if brief else []), *before.get("earlier", [])]
    finished_at = record["ended_at"] if record["state"] in FINISHED else before.get("finished_at")
    kept = record | {"finished_at": finished_at, "earlier": known[:EARLIER]}
    replace_text(last_run_path(study), json.dumps(kept, indent=1))
    return kept


def replace_text(path: Path, text: str) -> None:
    """Write a small file whole or not at all."""
    temporary = path.with_name(f".{path.name}.part")
    try:
        temporary.write_text(text, encoding="utf-8")
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)


def last_run_path(study: Study) -> Path:
    """Where the record of the last run lies."""
    return study.warehouse_path.with_suffix(LAST_RUN)


def last_run(study: Study) -> dict[str, Any] | None:
    """The record of the last run; None where there is none that can be read."""
    try:
        record: dict[str, Any] = json.loads(last_run_path(study).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return record


def _counts(result: Any) -> dict[str, Any]:
    return {name: value for name, value in asdict(result).items() if isinstance(value, bool | int | float | str)}


def _text(value: dict[str, Any]) -> str:
    return json.dumps(value, sort_keys=True)
