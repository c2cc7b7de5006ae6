"""Studies fire by the clock: served on this machine, and as deployments that a worker picks up; real servers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from flows.service.record import last_run
from flows.service.serve import deployment_file, schedules, server
from metrics.errors import MirageError
from tests.flows.make import STUDY, Workshop

ROOT = Path(__file__).parents[3]
PATIENCE = 420


def environment(**more: str) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT), "PREFECT_LOGGING_LEVEL": "WARNING"} | more


def wait_for(workshop: Workshop, process: subprocess.Popen[str], runner: str = "prefect") -> dict[str, Any]:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        assert process.poll() is None, process.stdout.read() if process.stdout else ""
        record = last_run(workshop.study())
        if record is not None and record["runner"] == runner:
            return record
        time.sleep(1)
    raise AssertionError("nothing ran")


@pytest.mark.prefect
def test_a_served_study_runs_when_the_clock_says_so_and_its_server_ends_with_it(workshop: Workshop) -> None:
    workshop.fill(["add"])
    command = [sys.executable, "-m", "flows.cli", "serve", str(workshop.path), "--cron", "* * * * *"]
    environ = environment()
    environ.pop("PREFECT_API_URL", None)
    process = subprocess.Popen(
        command, cwd=workshop.folder, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        record = wait_for(workshop, process)
    finally:
        process.send_signal(signal.SIGINT)
        text, _ = process.communicate(timeout=PATIENCE)
    assert record["state"] == "done"
    assert "small: * * * * * (UTC)" in text
    assert "Traceback" not in text
    [address] = [word for word in text.split() if word.startswith("http://127.0.0.1")]
    port = int(address.rpartition(":")[2])
    listening = Path("/proc/net/tcp").read_text(encoding="ascii")
    assert f":{port:04X} 00000000:0000 0A" not in listening


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PREFECT_API_URL", raising=False)
        patch.setenv("PREFECT_HOME", str(tmp_path_factory.mktemp("home")))
        with server(tmp_path_factory.mktemp("prefect")) as url:
            yield url


@pytest.mark.prefect
def test_a_worker_runs_what_the_deployment_file_deploys(workshop: Workshop, own_server: str, tmp_path: Path) -> None:
    workshop.fill(["add"])
    file = tmp_path / "prefect.yaml"
    file.write_text(deployment_file(schedules([workshop.study()], "* * * * *"), "evaluations"), encoding="utf-8")
    environ = environment(PREFECT_API_URL=own_server)
    prefect = [sys.executable, "-m", "prefect", "--no-prompt"]
    for arguments in (["work-pool", "create", "evaluations", "--type", "process"], ["deploy", "--all"]):
        done = subprocess.run([*prefect, *arguments], cwd=tmp_path, env=environ, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    worker = subprocess.Popen(
        [*prefect, "worker", "start", "--pool", "evaluations", "--limit", "1"],
        cwd=tmp_path,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        assert wait_for(workshop, worker)["state"] == "done"
    finally:
        worker.terminate()
        worker.communicate(timeout=PATIENCE)


def test_a_deployment_says_what_the_study_says(workshop: Workshop) -> None:
    workshop.write_models()
    workshop.write_study(STUDY + '\n[service]\ncron = "0 3 * * *"\ntimezone = "Europe/Berlin"\noverlap = "skip"\n')
    [made] = yaml.safe_load(deployment_file(schedules([workshop.study()], None), "pool"))["deployments"]
    assert made["schedules"] == [{"cron": "0 3 * * *", "timezone": "Europe/Berlin", "active": True}]
    assert made["concurrency_limit"] == {"limit": 1, "collision_strategy": "CANCEL_NEW"}
    assert made["parameters"] == {"study": str(workshop.path)}
    assert made["work_pool"] == {"name": "pool"}


@pytest.mark.parametrize(
    ("cron", "words"), [(None, "has no schedule; give --cron"), ("61 * * * *", "'61 * * * *' is no cron schedule")]
)
def test_a_schedule_that_cannot_be_is_refused(workshop: Workshop, cron: str | None, words: str) -> None:
    workshop.write_models()
    workshop.write_study()
    with pytest.raises(MirageError, match=words.replace("*", r"\*")):
        schedules([workshop.study()], cron)


def test_two_studies_of_one_name_are_refused(workshop: Workshop) -> None:
    workshop.write_models()
    workshop.write_study()
    with pytest.raises(MirageError, match="two studies are called 'small'"):
        schedules([workshop.study(), workshop.study()], "0 3 * * *")
