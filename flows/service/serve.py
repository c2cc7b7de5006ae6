"""Run studies by the clock: on this machine, or as deployments that a team's workers pick up."""

from __future__ import annotations

import json
import os
import re
import socket
import subprocess
import sys
import time
import urllib.request
import warnings
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flows.lock import LockedError, writer_lock
from flows.study import Study
from metrics.errors import MirageError

SERVER_PATIENCE = 180.0
"""Seconds that a server may take to start; ten on a quiet machine."""
USUAL_PORT = 4200
"""Where Prefect's servers listen by default."""
ENTRYPOINT = "flows.pipeline.mirage"
COLLISIONS = {"wait": "ENQUEUE", "skip": "CANCEL_NEW"}


@dataclass(frozen=True)
class Schedule:
    """When a study runs.

    Attributes:
        study: The study.
        cron: Five cron fields.
    """

    study: Study
    cron: str

    @property
    def name(self) -> str:
        """Name of the deployment: the study's, as Prefect allows it."""
        return re.sub(r"[/%&><\s]+", "-", self.study.name).strip("-") or "study"

    @property
    def parameters(self) -> dict[str, Any]:
        """Parameters of the flow."""
        return {"study": str(self.study.path)}

    @property
    def collision(self) -> str:
        """What Prefect does with a run that comes due while another goes on."""
        return COLLISIONS[self.study.service.overlap]


def schedules(studies: Sequence[Study], cron: str | None) -> list[Schedule]:
    """A schedule for each study: the one given, else the one in the study file.

    Raises:
        MirageError: A study has none, a cron text cannot be read, two studies share a name.
    """
    found = []
    for study in studies:
        text = cron or study.service.cron
        if text is None:
            raise MirageError(f'{study.path} has no schedule; give --cron "0 3 * * *" or write [service] cron in it')
        found.append(Schedule(study, _checked(text)))
    names = [schedule.name for schedule in found]
    if doubled := sorted({name for name in names if names.count(name) > 1}):
        raise MirageError(f"two studies are called {doubled[0]!r}; give one of them another name, so that runs differ")
    return found


def _checked(cron: str) -> str:
    from prefect.client.schemas.schedules import CronSchedule

    try:
        CronSchedule(cron=cron)
    except ValueError:
        step = 'minute, hour, day, month and weekday, as in "0 3 * * *" for every night at three'
        raise MirageError(f"{cron!r} is no cron schedule; write {step}") from None
    return cron


def serve_schedules(found: Sequence[Schedule]) -> None:
    """Wait for the clock and run what comes due, each run in a process of its own, until interrupted."""
    from prefect import serve
    from prefect.client.schemas.objects import ConcurrencyLimitConfig, ConcurrencyLimitStrategy
    from prefect.deployments.runner import RunnerDeployment
    from prefect.schedules import Cron
    from prefect.types.entrypoint import EntrypointType

    from flows.pipeline import mirage

    deployments = [
        RunnerDeployment.from_flow(
            mirage,
            name=schedule.name,
            schedule=Cron(schedule.cron, timezone=schedule.study.service.timezone),
            parameters=schedule.parameters,
            tags=["mirage", schedule.study.name],
            description=f"{schedule.study.path}, {schedule.cron} ({schedule.study.service.timezone})",
            concurrency_limit=ConcurrencyLimitConfig(
                limit=1, collision_strategy=ConcurrencyLimitStrategy(schedule.collision)
            ),
            entrypoint_type=EntrypointType.MODULE_PATH,
        )
        for schedule in found
    ]
    # Prefect's handler of the signal that ends it calls a coroutine without awaiting it.
    warnings.filterwarnings("ignore", message="coroutine 'Runner.astop' was never awaited", category=RuntimeWarning)
    serve(*deployments, print_starting_message=False, limit=max(2, len(deployments)))


def deployment_file(found: Sequence[Schedule], pool: str) -> str:
    """A ``prefect.yaml`` that deploys the schedules to a work pool, whose workers have this program installed."""
    import yaml

    content = {
        "name": "mirage",
        "deployments": [
            {
                "name": schedule.name,
                "entrypoint": ENTRYPOINT,
                "description": f"{schedule.study.path}",
                "tags": ["mirage", schedule.study.name],
                "parameters": schedule.parameters,
                "schedules": [{"cron": schedule.cron, "timezone": schedule.study.service.timezone, "active": True}],
                "concurrency_limit": {"limit": 1, "collision_strategy": schedule.collision},
                "work_pool": {"name": pool},
            }
            for schedule in found
        ],
    }
    return str(yaml.safe_dump(content, sort_keys=False, allow_unicode=True))


@contextmanager
def server(home: Path) -> Iterator[str]:
    """The API of the Prefect server that the user has set, or of one of our own that lives as long as the block.

    Must be entered before Prefect is imported.

    Args:
        home: Folder in which a server of our own keeps its database and log.

    Raises:
        MirageError: Our own server did not start, or another process keeps one in that folder.
    """
    if url := os.environ.get("PREFECT_API_URL"):
        yield url
        return
    home.mkdir(parents=True, exist_ok=True)
    os.environ["PREFECT_HOME"] = str(home)
    with _alone(home), ExitStack() as stack:
        # The usual port; where somebody else takes it at the same moment, another.
        for usual in (USUAL_PORT, 0):
            url = stack.enter_context(_started(home, _free_port(usual)))
            if url is not None:
                break
        else:
            raise _not_started(home)
        os.environ["PREFECT_API_URL"] = url
        stack.callback(os.environ.pop, "PREFECT_API_URL", None)
        yield url


@contextmanager
def _alone(home: Path) -> Iterator[None]:
    """Two servers on one database would run each study twice, and the first to end would pause the other's schedules.

    Raises:
        MirageError: Another process keeps a server there.
    """
    try:
        with writer_lock(home / "server", 0):
            yield
    except LockedError as error:
        who = error.holder or "another process"
        step = "stop it, give this one another folder (--home), or set PREFECT_API_URL to use the server of the other"
        raise MirageError(f"{home} holds the data of a Prefect server already kept by {who}; {step}") from error


@contextmanager
def _started(home: Path, port: int) -> Iterator[str | None]:
    """The API of a server on a port, which ends with the block; None where it ended by itself."""
    url = f"http://127.0.0.1:{port}/api"
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    # Else the pages of its user interface ask the default port, whatever the server listens on.
    environment = os.environ | {"PREFECT_SERVER_UI_API_URL": "/api"}
    with _log(home).open("wb") as output:
        process = subprocess.Popen(
            command, env=environment, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        yield url if _answers(process, url, home) else None
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _answers(process: subprocess.Popen[bytes], url: str, home: Path) -> bool:
    """Wait for a server; False where its process ends.

    Raises:
        MirageError: It takes too long.
    """
    until = time.monotonic() + SERVER_PATIENCE
    while process.poll() is None:
        if time.monotonic() > until:
            raise _not_started(home)
        # By its home it is known from another server that has taken the port meanwhile.
        with suppress(OSError, ValueError), urllib.request.urlopen(f"{url}/admin/settings", timeout=5) as answer:
            if json.load(answer).get("home") == str(home):
                return True
        time.sleep(0.5)
    return False


def _not_started(home: Path) -> MirageError:
    return MirageError(f"the Prefect server did not start; see {_log(home)}, or start one and set PREFECT_API_URL")


def _log(home: Path) -> Path:
    return home / "server.log"


def _free_port(usual: int) -> int:
    """The usual port, so that a bookmark stays true; another where it is taken or 0."""
    for port in (usual, 0):
        with suppress(OSError), socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
            return int(probe.getsockname()[1])
    raise MirageError(
        "no port of this machine is free for a Prefect server; start one elsewhere and set PREFECT_API_URL"
    )
