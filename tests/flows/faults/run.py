"""A run in a process of its own that dies, or is refused something, at a chosen point; see ``harness``."""

from __future__ import annotations

import json
import os
import resource
import signal
import sys
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, cast

import duckdb

import warehouse.transaction
from flows import pull_commit
from flows.session import run_direct
from flows.study_file import load_study


def tell(line: str) -> None:
    """A line on standard output, at once."""
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


class Loud:
    """Progress that tells every step on standard output, so that a watcher can time what it does."""

    def start(self, stage: str, total: int) -> None:
        tell(f"start {stage} {total}")

    def advance(self, stage: str) -> None:
        tell(f"advance {stage}")

    def finish(self, stage: str, text: str) -> None:
        tell(f"finish {stage}")

    def say(self, text: str) -> None:
        tell(f"say {text}")


class Dying:
    """A connection that kills its process around the n-th commit."""

    def __init__(self, con: Any, plan: dict[str, Any]) -> None:
        self._con, self._plan = con, plan

    def execute(self, query: str, *parameters: object) -> Any:
        if query != "COMMIT":
            return self._con.execute(query, *parameters)
        Dying.commits += 1
        tell(f"commit {Dying.commits}")
        if Dying.commits == self._plan["commit"] and self._plan["when"] == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        done = self._con.execute(query, *parameters)
        if Dying.commits == self._plan["commit"] and self._plan["when"] == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        return done

    commits = 0


def install(plan: dict[str, Any]) -> None:
    """Arrange for what the plan says."""
    # small files are stored many at a time, and a run is to be disturbed between them
    pull_commit.GROUP_FILES = 1
    if "largest_file" in plan:
        # As on a full disk, writing past this point is refused; the signal would end the process before the error.
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (plan["largest_file"], resource.RLIM_INFINITY))
    if "memory" in plan:
        resource.setrlimit(resource.RLIMIT_AS, (plan["memory"], resource.RLIM_INFINITY))
    if "commit" in plan:
        original = warehouse.transaction.transaction

        def dying(con: Any) -> Any:
            return original(cast("duckdb.DuckDBPyConnection", Dying(con, plan)))

        for module in list(sys.modules.values()):
            if getattr(module, "transaction", None) is original:
                module.transaction = dying  # type: ignore[attr-defined]


def told(connection: Connection, study: str, plan: dict[str, Any]) -> None:
    """Run in a forked process that tells into a pipe."""
    globals()["tell"] = connection.send
    main(study, plan)


def main(study: str, plan: dict[str, Any]) -> None:
    install(plan)
    run_direct(load_study(Path(study)), Loud(), 0, tuple(plan["stages"]))


if __name__ == "__main__":
    main(sys.argv[1], json.loads(sys.argv[2]))
