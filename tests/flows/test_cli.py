"""The command as people and schedulers meet it: a process with output and an exit code."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from flows.cli import app
from flows.lock import writer_lock
from tests.flows.make import STUDY, Workshop

ROOT = Path(__file__).parents[2]
HEAVY = ("polars", "duckdb", "prefect", "numpy")


def python(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *map(str, arguments)],
        cwd=ROOT,
        env={**os.environ, "COLUMNS": "200", **environment},
        capture_output=True,
        text=True,
        check=False,
    )


def mirage(*arguments: object, **environment: str) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    return python("-m", "flows.cli", *arguments, **environment)


def mirage_here(*arguments: object, text: str | None = None) -> Result:
    """The command in this process, which is much cheaper."""
    return CliRunner().invoke(app, list(map(str, arguments)), input=text, env={"COLUMNS": "200"})


def test_help_is_quick_and_names_the_exit_codes() -> None:
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    done = mirage("--help")
    seconds = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before
    assert done.returncode == 0
    assert "4 another run holds the warehouse." in " ".join(done.stdout.split())
    for command in ("run", "pull", "score", "analyze", "report", "status", "sql", "views", "doctor", "lab"):
        assert f"\n  {command} " in done.stdout
    # Bytecode that is not cached and a busy machine make it slower; what must never happen is a heavy import.
    assert seconds < 2.0
    program = f"import sys, flows.cli; print([name for name in {HEAVY} if name in sys.modules])"
    assert python("-c", program).stdout == "[]\n"


def test_the_version_is_printed() -> None:
    assert mirage_here("--version").stdout.startswith("mirage ")


def test_a_run_prints_verdicts_and_the_page_and_then_has_nothing_to_do(workshop: Workshop) -> None:
    workshop.fill()
    done = mirage("run", workshop.path, "--direct")
    assert (done.returncode, done.stdout) == (0, "")
    index = workshop.folder / "out" / "reports" / "index.html"
    assert f"Open {index.as_uri()}" in done.stderr.replace("\n", "")
    assert "m, by n_params" in done.stderr
    assert "2 of 2 ladders analysed" in done.stderr
    assert index.exists()
    again = mirage("run", workshop.path, "--direct", "--json")
    assert again.returncode == 0
    assert "prefect" not in again.stderr.lower()
    outcome = json.loads(again.stdout)
    assert outcome["status"] == "nothing to do", outcome["stages"]
    assert [row["task_id"] for row in outcome["verdicts"]] == ["add", "copy"]


def test_status_says_what_the_snapshot_holds(ready: Workshop) -> None:
    assert mirage_here("report", ready.path).exit_code == 0
    status = mirage_here("status", ready.path)
    assert status.exit_code == 0
    assert "small: 2 files, 8 runs, 160 samples, 4 models, 2 tasks, 2 ladders" in status.stdout
    assert "Nobody is writing to it." in status.stdout
    assert "Last run: done, ended " in status.stdout
    with writer_lock(ready.study().warehouse_path, 0):
        found = json.loads(mirage_here("status", ready.path, "--json").stdout)
    assert found["counts"]["generation"] == 1
    assert found["writer"].startswith(f"process {os.getpid()} on ")


def test_direct_never_imports_prefect(workshop: Workshop) -> None:
    workshop.fill(["add"])
    program = (
        "import sys; sys.argv = ['mirage', 'run', sys.argv[1], '--direct']\n"
        "from flows.cli import main\n"
        "try: main()\n"
        "except SystemExit as end: print(end.code, 'prefect' in sys.modules)"
    )
    done = python("-c", program, workshop.path)
    assert done.stdout == "0 False\n"


def test_bad_rows_are_a_partial_run(ready: Workshop) -> None:
    (ready.folder / "bad.parquet").write_bytes(b"x")
    done = mirage_here("run", ready.path, "--direct", "--json")
    assert done.exit_code == 3
    outcome = json.loads(done.stdout)
    assert outcome["status"] == "partial"
    assert [finding["kind"] for finding in outcome["findings"]] == ["unreadable"]
    assert len(outcome["verdicts"]) == 2


def test_mistakes_in_the_study_stop_it_in_one_panel(workshop: Workshop) -> None:
    workshop.write_study(STUDY.replace("models =", "modles =").replace("[[sources]]", "[[source]]"))
    done = mirage("run", workshop.path, "--direct")
    assert done.returncode == 1
    assert "Cannot go on" in done.stderr
    assert "Traceback" not in done.stderr
    assert all(f"{number}. " in done.stderr for number in range(1, 6))
    found = json.loads(mirage_here("run", workshop.path, "--direct", "--json").stdout)
    assert (found["status"], found["error"], found["exit_code"]) == ("error", "StudyError", 1)


def test_a_warehouse_that_cannot_be_made_is_told(workshop: Workshop) -> None:
    workshop.fill(["add"])
    (workshop.folder / "out").write_text("in the way", encoding="utf-8")
    done = mirage_here("pull", workshop.path, "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["message"].startswith(f"the folder {workshop.folder / 'out'} cannot be made")


def test_a_defect_of_the_program_is_one_panel_too(ready: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*arguments: object) -> None:
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr("flows.session.pull", fails)
    done = mirage_here("pull", ready.path)
    assert done.exit_code == 1
    assert "ZeroDivisionError: a defect" in done.stderr
    assert "MIRAGE_DEBUG=1" in done.stderr
    monkeypatch.setenv("MIRAGE_DEBUG", "1")
    assert isinstance(mirage_here("pull", ready.path).exception, ZeroDivisionError)


@pytest.mark.parametrize("arguments", [["run", "--wait", "soon"], ["walk"], ["run", "a", "b"], ["run", "--wait", "-1"]])
def test_wrong_usage_is_told_apart(arguments: list[str]) -> None:
    done = mirage_here(*arguments)
    assert done.exit_code == 2
    assert "Usage:" in done.stderr


def test_another_run_holding_the_warehouse_is_told_apart(workshop: Workshop) -> None:
    workshop.fill(["add"])
    study = workshop.study()
    study.warehouse_path.parent.mkdir()
    with writer_lock(study.warehouse_path, 0):
        done = mirage("pull", workshop.path, "--wait", "0.5")
    assert done.returncode == 4
    assert f"process {os.getpid()} on" in done.stderr
    assert "--wait SECONDS" in done.stderr


def test_status_before_the_first_run_says_what_to_do(workshop: Workshop) -> None:
    workshop.fill(["add"])
    done = mirage_here("status", workshop.path, "--json")
    assert done.exit_code == 1
    assert json.loads(done.stdout)["message"].endswith(f"make it with: mirage run {workshop.path}")
    assert "Cannot go on" in done.stderr


def test_each_stage_can_be_run_alone(workshop: Workshop) -> None:
    workshop.fill(["add"])
    found: dict[str, Any] = {}
    for stage in ("pull", "score", "analyze", "report"):
        done = mirage_here(stage, workshop.path, "--json")
        assert done.exit_code == 0, done.stderr
        found[stage] = json.loads(done.stdout)["stages"]
    assert found["pull"] == {"pulled": {**found["pull"]["pulled"], "n_read": 1, "n_runs": 4}}
    assert found["score"]["scored"]["n_runs"] == 4
    assert found["analyze"]["analyzed"]["n_analyzed"] == 1
    assert found["report"]["published"]["generation"] == 1
    assert (workshop.folder / "out" / "reports" / "index.html").exists()


def test_the_lab_is_part_of_the_command() -> None:
    done = mirage_here("lab", "train", "--help")
    assert done.exit_code == 0
    assert "--widths" in done.stdout


def test_status_tells_of_a_run_that_failed_before_anything_was_published(workshop: Workshop) -> None:
    workshop.fill()
    (workshop.folder / "models.csv").write_text("model_id,size\nm1,3\n", encoding="utf-8")
    assert mirage_here("run", workshop.path, "--direct").exit_code == 1
    status = mirage_here("status", workshop.path)
    assert status.exit_code == 0
    assert "nothing is published yet" in status.stdout
    assert "It failed: ModelTableError" in status.stdout
    figures = mirage_here("status", workshop.path, "--prometheus").stdout
    assert 'mirage_run_state{study="small",state="failed"} 1' in figures
