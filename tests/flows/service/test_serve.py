"""Studies fire by the clock: served on this machine, and as deployments that a worker picks up; real servers."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
import yaml

from flows.lock import writer_lock
from flows.service.record import last_run
from flows.service.serve import _free_port, deployment_file, schedules, server
from flows.session import make_warehouse_folder
from metrics.errors import MirageError
from tests.flows.faults.harness import content, left_over
from tests.flows.make import STUDY, Workshop, outputs

ROOT = Path(__file__).parents[3]
PATIENCE = 420
SKIPPING = STUDY + '\n[service]\noverlap = "skip"\n'


def environment(**more: str) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT), "PREFECT_LOGGING_LEVEL": "WARNING"} | more


def undisturbed(folder: Path, seed: int) -> Workshop:
    """The same study, run before and after its file changed."""
    workshop = Workshop(folder / "undisturbed")
    workshop.folder.mkdir()
    workshop.fill(["add"])
    workshop.write_study(SKIPPING)
    workshop.run()
    workshop.write("add.parquet", outputs("add", seed=seed))
    workshop.run()
    return workshop


def wait_for(workshop: Workshop, process: subprocess.Popen[str], runner: str = "prefect") -> dict[str, Any]:
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        assert process.poll() is None, process.stdout.read() if process.stdout else ""
        record = last_run(workshop.study())
        if record is not None and record["runner"] == runner:
            return record
        time.sleep(1)
    raise AssertionError("nothing ran")


def ask(url: str, what: str, body: dict[str, Any] | None = None) -> Any:
    """An answer of the server's API."""
    content = json.dumps(body or {}).encode()
    request = urllib.request.Request(f"{url}/{what}", content, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def states(url: str) -> list[str]:
    """State names of the runs of whole studies that are not still to come, the earliest first."""
    own = {"flows": {"name": {"any_": ["mirage"]}}, "sort": "EXPECTED_START_TIME_ASC"}
    return [run["state_name"] for run in ask(url, "flow_runs/filter", own) if run["state_name"] != "Scheduled"]


def until_states(url: str, wanted: list[set[str]]) -> list[str]:
    """Wait until the first runs are in one of the states wanted of each."""
    until, found = time.monotonic() + PATIENCE, list[str]()
    while time.monotonic() < until:
        found = states(url)
        if len(found) >= len(wanted) and all(state in names for state, names in zip(found, wanted, strict=False)):
            return found
        time.sleep(0.5)
    raise AssertionError(f"runs are {found}")


def start_another(url: str) -> None:
    """Let a run of the only deployment come due now."""
    [made] = ask(url, "deployments/filter")
    ask(url, f"deployments/{made['id']}/create_flow_run")


SLOW = """
import time
from pathlib import Path
import numpy as np
from metrics.registry import metric

@metric("slow", label="Slow", kind="smooth", unit="share", low=0, high=1, needs=("output",),
        definition="nothing, late", source="a test", default=False, version=1)
def slow(batch):
    here = Path(__file__).parent
    (here / "scoring").touch()
    while not (here / "go").exists():
        time.sleep(0.1)
    return np.zeros(len(batch))
"""


def cancel_in_the_middle_of_scoring(workshop: Workshop, url: str) -> None:
    """Let new content be scored by a metric that does not end, and cancel the run as its button does."""
    (workshop.folder / "slow_metric.py").write_text(SLOW, encoding="utf-8")
    workshop.write_study('metrics = ["exact_match", "slow_metric:slow"]\n' + SKIPPING)
    workshop.write("add.parquet", outputs("add", seed=1))
    until = time.monotonic() + PATIENCE
    while not (workshop.folder / "scoring").exists() and time.monotonic() < until:
        time.sleep(0.5)
    running = {"flows": {"name": {"any_": ["mirage"]}}, "flow_runs": {"state": {"name": {"any_": ["Running"]}}}}
    [run] = ask(url, "flow_runs/filter", running)
    ask(url, f"flow_runs/{run['id']}/set_state", {"state": {"type": "CANCELLING"}})
    state = run["state_name"]
    while state != "Cancelled" and time.monotonic() < until:
        time.sleep(0.5)
        [run] = ask(url, "flow_runs/filter", {"flow_runs": {"id": {"any_": [run["id"]]}}})
        state = run["state_name"]
    assert state == "Cancelled"


@pytest.mark.prefect
def test_a_served_study_runs_when_the_clock_says_so_and_its_server_ends_with_it(
    workshop: Workshop, tmp_path: Path
) -> None:
    workshop.fill(["add"])
    workshop.write_study(SKIPPING)
    make_warehouse_folder(workshop.study())
    command = [sys.executable, "-m", "flows.cli", "serve", str(workshop.path), "--cron", "* * * * *"]
    environ = environment(MIRAGE_ALLOW_PLUGINS="1")
    environ.pop("PREFECT_API_URL", None)
    process = subprocess.Popen(
        command, cwd=workshop.folder, env=environ, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert process.stdout is not None
    address = process.stdout.readline().removeprefix("Prefect: ").strip()
    schedule = process.stdout.readline()
    try:
        with writer_lock(workshop.study().warehouse_path, 0):
            until_states(f"{address}/api", [{"Running"}])
            start_another(f"{address}/api")
            until_states(f"{address}/api", [{"Running"}, {"Cancelled"}])
        record = wait_for(workshop, process)
        cancel_in_the_middle_of_scoring(workshop, f"{address}/api")
    finally:
        process.send_signal(signal.SIGINT)
        text, _ = process.communicate(timeout=PATIENCE)
    assert record["state"] == "done"
    assert schedule.startswith("small: * * * * * (UTC)")
    assert "Traceback" not in text
    port = int(address.rpartition(":")[2])
    listening = Path("/proc/net/tcp").read_text(encoding="ascii")
    assert f":{port:04X} 00000000:0000 0A" not in listening

    # what was cancelled has left nothing half done
    workshop.write_study(SKIPPING)
    workshop.run()
    assert [path for path in left_over(workshop) if "/mirage.work/prefect/" not in path] == []
    assert content(workshop) == content(undisturbed(tmp_path, 1))


class Squatter(BaseHTTPRequestHandler):
    """A Prefect server of somebody else, which has taken a port just after it was found free."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.end_headers()
        self.wfile.write(b'{"home": "/somewhere/else"}')

    def log_message(self, *_: object) -> None:
        """Nothing on the terminal."""


@contextmanager
def taken_port() -> Iterator[int]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Squatter) as squatter:
        thread = threading.Thread(target=squatter.serve_forever)
        thread.start()
        yield squatter.server_port
        squatter.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def own_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server of our own, whose port was taken by another while it started."""
    with pytest.MonkeyPatch.context() as patch, taken_port() as taken:
        free = iter([taken])
        patch.setattr("flows.service.serve._free_port", lambda usual: next(free, None) or _free_port(0))
        patch.delenv("PREFECT_API_URL", raising=False)
        patch.setenv("PREFECT_HOME", str(tmp_path_factory.mktemp("home")))
        # How long a run that waits for another is put off each time.
        patch.setenv("PREFECT_DEPLOYMENT_CONCURRENCY_SLOT_WAIT_SECONDS", "5")
        home = tmp_path_factory.mktemp("prefect")
        with server(home) as url:
            assert not url.startswith(f"http://127.0.0.1:{taken}/")
            patch.delenv("PREFECT_API_URL")
            with pytest.raises(MirageError, match=f"already kept by process {os.getpid()} on "), server(home):
                pass
            yield url


@pytest.mark.prefect
def test_a_worker_runs_what_the_deployment_file_deploys(workshop: Workshop, own_server: str, tmp_path: Path) -> None:
    workshop.fill(["add"])
    make_warehouse_folder(workshop.study())
    file = tmp_path / "prefect.yaml"
    file.write_text(deployment_file(schedules([workshop.study()], "* * * * *"), "evaluations"), encoding="utf-8")
    environ = environment(PREFECT_API_URL=own_server)
    prefect = [sys.executable, "-m", "prefect", "--no-prompt"]
    for arguments in (["work-pool", "create", "evaluations", "--type", "process"], ["deploy", "--all"]):
        done = subprocess.run([*prefect, *arguments], cwd=tmp_path, env=environ, capture_output=True, text=True)
        assert done.returncode == 0, done.stdout + done.stderr
    worker = subprocess.Popen(
        [*prefect, "worker", "start", "--pool", "evaluations"],
        cwd=tmp_path,
        env=environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        with writer_lock(workshop.study().warehouse_path, 0):
            until_states(own_server, [{"Running"}])
            start_another(own_server)
            until_states(own_server, [{"Running"}, {"AwaitingConcurrencySlot"}])
        assert wait_for(workshop, worker)["state"] == "done"
        until_states(own_server, [{"Completed"}, {"Pending", "Running", "Nothing to do"}])
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
