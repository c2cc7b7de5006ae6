"""Every run leaves its record: in the warehouse, beside it, in its log and in the figures for monitoring."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from flows import session
from flows.bench import Bench
from flows.console import last_run_lines
from flows.moment import moment
from flows.score import score
from flows.service.record import last_run
from flows.session import run_direct
from metrics.errors import MirageError
from tests.flows.make import STUDY, Said, Workshop

ALL = ("pull", "score", "analyze", "report")


def log_lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_run_is_recorded_in_the_snapshot_and_beside_it(ready: Workshop) -> None:
    outcome = run_direct(ready.study(), Said(), 0, ALL)
    assert outcome.published is not None
    before, now = ready.rows("SELECT state, runner, error FROM pipeline_run ORDER BY started_at")
    assert before == ("done", "direct", None)
    assert now == ("nothing_to_do", "direct", None)
    kept = last_run(ready.study())
    assert kept is not None
    assert kept["state"] == "done", "it published, which the row written before cannot know"
    assert [stage["stage"] for stage in kept["stages"]] == ["pull", "score", "analyze", "publish", "report"]
    assert kept["cpu_seconds"] >= sum(stage["cpu_seconds"] for stage in kept["stages"]) > 0
    counts = ready.rows(
        "SELECT outcome FROM pipeline_stage JOIN pipeline_run USING (pipeline_run_id) "
        "WHERE stage = 'pull' ORDER BY started_at"
    )
    assert [json.loads(text)["n_read"] for (text,) in counts] == [2, 0]


def test_a_failed_run_is_recorded_with_its_reason_and_told(ready: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BUCKET_PASSWORD", "open-sesame")

    def broken(bench: Bench) -> None:
        raise MirageError("no way in with open-sesame at s3://me:geheim@bucket/logs")

    monkeypatch.setattr(session, "score", broken)
    with pytest.raises(MirageError):
        ready.run()
    kept = last_run(ready.study())
    assert kept is not None
    assert kept["state"] == "failed"
    assert kept["error"] == "MirageError: no way in with [value of BUCKET_PASSWORD] at s3://me:…@bucket/logs"
    assert [run["state"] for run in kept["earlier"]] == ["done"]
    assert kept["finished_at"] == kept["earlier"][0]["ended_at"], "the run before came to its end"
    text = " ".join(last_run_lines(kept))
    assert f"Before that: done ({moment(kept['finished_at'])})." in text
    assert f"A run last came to its end {moment(kept['finished_at'])}." in text
    [(state, error)] = ready.rows("SELECT state, error FROM pipeline_run ORDER BY started_at DESC LIMIT 1")
    assert (state, error) == ("failed", kept["error"])


def test_the_log_names_run_stage_file_and_findings(workshop: Workshop) -> None:
    workshop.fill()
    workshop.write_study(STUDY + '\n[service]\nlog = "runs.jsonl"\n')
    (workshop.folder / "broken.parquet").write_bytes(b"no Parquet")
    workshop.run()
    workshop.run()
    lines = log_lines(workshop.folder / "runs.jsonl")
    assert len({line["run"] for line in lines}) == 2
    assert {line["study"] for line in lines} == {"small"}
    finished = [line["stage"] for line in lines if line.get("event") == "stage_finished"]
    assert finished == ["pull", "score", "analyze"] * 2
    read = {Path(line["file"]).name for line in lines if line.get("event") == "file_read"}
    assert read == {"add.parquet", "copy.parquet"}
    [broken] = [line for line in lines[: len(lines) // 2] if line.get("event") == "finding"]
    assert broken["level"] == "error"
    assert Path(broken["file"]).name == "broken.parquet"


def test_figures_for_monitoring_can_be_collected(workshop: Workshop) -> None:
    workshop.fill()
    workshop.write_study(STUDY.replace('"small"', '"quo\\"te"') + '\n[service]\nprometheus = "out/mirage.prom"\n')
    run_direct(workshop.study(), Said(), 0, ALL)
    text = (workshop.folder / "out" / "mirage.prom").read_text(encoding="utf-8")
    samples = [sample for family in text_string_to_metric_families(text) for sample in family.samples]
    values = {(s.name, s.labels.get("state") or s.labels.get("stage")): s.value for s in samples}
    assert {s.labels["study"] for s in samples} == {'quo"te'}
    assert values["mirage_run_state", "done"] == 1
    assert values["mirage_run_state", "failed"] == 0
    assert values["mirage_samples", None] == 160
    assert values["mirage_stage_seconds", "analyze"] > 0
    assert values["mirage_disk_bytes", None] > 1e5
    assert sum(s.value for s in samples if s.name == "mirage_verdicts") == 2


def test_a_failed_run_keeps_the_figures_of_the_snapshot(ready: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    ready.write_study(STUDY + '\n[service]\nprometheus = "out/mirage.prom"\n')
    run_direct(ready.study(), Said(), 0, ALL)
    monkeypatch.setattr(session, "score", lambda bench: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        ready.run()
    text = (ready.folder / "out" / "mirage.prom").read_text(encoding="utf-8")
    values = {s.name: s.value for family in text_string_to_metric_families(text) for s in family.samples}
    assert values["mirage_samples"] == 160
    assert values["mirage_run_finished_timestamp_seconds"] < values["mirage_run_end_timestamp_seconds"]


def test_only_the_newest_records_stay(ready: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.service.record.KEPT_RUNS", 3)
    for _ in range(5):
        ready.run()
    assert ready.rows("SELECT count(*) FROM pipeline_run") == [(3,)]
    assert ready.rows("SELECT count(DISTINCT pipeline_run_id) FROM pipeline_stage") == [(3,)]


def test_what_a_run_unpacks_and_stages_is_private(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    workshop.fill()
    seen = []

    def look(bench: Bench) -> Any:
        seen.append(stat.S_IMODE(bench.study.work_path.stat().st_mode))
        return score(bench)

    monkeypatch.setattr(session, "score", look)
    workshop.study().work_path.mkdir(parents=True, mode=0o755)
    workshop.run()
    assert seen == [0o700]
    assert not workshop.study().work_path.exists(), "nothing stays that nothing needs"
