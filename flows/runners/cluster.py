"""A Dask cluster: worker processes of this machine, or the cluster behind an address."""

from __future__ import annotations

import hashlib
import logging
import shutil
from collections.abc import Callable
from contextlib import suppress
from functools import cache, partial
from importlib.resources import files
from pathlib import Path
from threading import Lock
from typing import Any, Generic

from flows.bench import AHEAD, Outcome, Result, Unit
from flows.runners.hands import RunnerError, label_of, patiently
from flows.version import program_version

CONNECT_SECONDS = 15.0
PACKAGES = ("metrics", "warehouse", "flows")


class OtherProgramError(RunnerError):
    """A worker runs another version of the program than the flow.

    Attributes:
        here: Version and hash of the code of the flow.
        there: Those of the worker.
    """

    def __init__(self, here: str, there: str) -> None:
        self.here, self.there = here, there
        super().__init__(
            f"a worker runs mirage {there}, this is {here}: its results could differ; "
            "install the same version on all machines and start the workers again"
        )

    def __reduce__(self) -> tuple[type[OtherProgramError], tuple[str, str]]:
        return type(self), (self.here, self.there)


class FolderNotSharedError(RunnerError):
    """A worker does not see the folder through which it gets and gives rows.

    Attributes:
        folder: The folder.
        host: The worker's machine.
    """

    def __init__(self, folder: str, host: str) -> None:
        self.folder, self.host = folder, host
        super().__init__(
            f"the folder {folder} is not there on {host}, where a worker runs; put the study on a file system that all "
            "machines see under the same path"
        )

    def __reduce__(self) -> tuple[type[FolderNotSharedError], tuple[str, str]]:
        return type(self), (self.folder, self.host)


@cache
def build() -> str:
    """Version of the program with a hash of its code, since a working copy changes without a new version."""
    found = hashlib.sha256()
    for package in PACKAGES:
        root = Path(str(files(package)))
        for path in sorted(root.rglob("*.py")):
            found.update(str(path.relative_to(root)).encode() + b"\0" + path.read_bytes())
    return f"{program_version()} ({found.hexdigest()[:12]})"


def at_worker(work: Callable[[Unit], Result], unit: Unit, wanted: str | None, folder: str) -> Result:
    """Do a unit on a worker that runs the same program and sees the same files.

    Args:
        work: What to do.
        unit: With what.
        wanted: The build of the flow; None: the worker was started by the flow itself.
        folder: Through which rows go.

    Raises:
        OtherProgramError: It runs another version.
        FolderNotSharedError: It does not see the folder.
    """
    if wanted is not None and build() != wanted:
        raise OtherProgramError(wanted, build())
    if not Path(folder).is_dir():
        import socket

        raise FolderNotSharedError(folder, socket.gethostname())
    return work(unit)


class Cluster:
    """Units on the workers of a Dask cluster, which begins those of a lost worker again elsewhere.

    Args:
        address: Of the scheduler, ``tcp://host:port``; None: ``workers`` processes of this machine.
        workers: Processes of a cluster of this machine.
        folder: Through which rows go; every worker must see it. It must exist.
        say: Told of units that take long.
    """

    shares_memory = False

    def __init__(self, address: str | None, workers: int, folder: Path, say: Callable[[str], None]) -> None:
        self._address, self._workers, self._folder, self.say = address, workers, folder, say
        self._lock = Lock()
        self._client: Any = None
        self._cluster: Any = None
        self._scratch = folder / "dask"
        self._begun = 0

    @property
    def n_workers(self) -> int:
        """Threads of all workers."""
        if self._address is None:
            return self._workers
        threads = int(sum(self.client().nthreads().values()))
        if not threads:
            raise RunnerError(
                f"the Dask cluster {self._address} has no worker; start some: dask worker {self._address}"
            )
        return threads

    @property
    def ahead(self) -> int:
        """See ``flows.runners.hands.Hands``."""
        return AHEAD * self.n_workers

    def client(self) -> Any:
        """The connection; made, with a cluster of this machine, when it is first asked for.

        Raises:
            RunnerError: Dask is not installed, or nobody answers at the address.
        """
        with self._lock:
            if self._client is None:
                self._client = self._connected()
            return self._client

    def _connected(self) -> Any:
        try:
            import distributed
        except ImportError as error:
            raise RunnerError(
                f'the runner "dask" needs the extra `scale` ({error}); install it: pip install "mirage-evals[scale]"'
            ) from error
        dask: Any = distributed
        # its comings and goings are no news for people; what fails reaches them as an error
        logging.getLogger("distributed").setLevel(logging.CRITICAL)
        if self._address is None:
            self._cluster = dask.LocalCluster(
                n_workers=self._workers,
                threads_per_worker=1,
                processes=True,
                dashboard_address="127.0.0.1:0",
                silence_logs=logging.CRITICAL,
                local_directory=str(self._scratch),
            )
            return dask.Client(self._cluster)
        try:
            return dask.Client(self._address, timeout=CONNECT_SECONDS)
        except (OSError, ValueError) as error:
            raise RunnerError(
                f"no Dask scheduler answers at {self._address} ({error}); start one (dask scheduler), or name another "
                'address in the study file, as in runner = "dask:tcp://host:8786"'
            ) from error

    def submit(self, work: Callable[[Unit], Result], unit: Unit) -> Outcome[Result]:
        """See ``Hands``."""
        client = self.client()
        self._begun += 1
        # a key of its own: a unit of the same content may have to be done again in a later run
        key = f"{label_of(unit)} #{self._begun} {id(self):x}"
        wanted = None if self._address is None else build()
        future = client.submit(at_worker, work, unit, wanted, str(self._folder), key=key, pure=False)
        return _Underway(self, future, label_of(unit))

    def worker_of(self, key: str) -> str:
        """Who works on a unit, for people."""
        for worker, keys in self.client().processing().items():
            if key in map(str, keys):
                return f"on {worker}"
        return "waiting for a worker"

    def close(self) -> None:
        """See ``Hands``."""
        for opened in (self._client, self._cluster):
            if opened is not None:
                opened.close()
        self._client = self._cluster = None
        shutil.rmtree(self._scratch, ignore_errors=True)


class _Underway(Generic[Result]):
    """A unit on a cluster."""

    def __init__(self, cluster: Cluster, future: Any, label: str) -> None:
        self._cluster, self._future, self._label = cluster, future, label

    def result(self) -> Result:
        """See ``flows.bench.Outcome``.

        Raises:
            RunnerError: Its workers died, or the cluster is gone.
        """
        from distributed import KilledWorker

        try:
            found: Result = self._awaited()
        except KilledWorker as error:
            raise RunnerError(
                f"{self._label}: the workers that worked on it died ({error.allowed_failures + 1} of them), most "
                "likely for want of memory; give workers more memory or each fewer threads. What was committed stays"
            ) from error
        except (ModuleNotFoundError, AttributeError) as error:
            raise RunnerError(
                f"a worker cannot load the work ({error}); install the same mirage on all machines, in the workers' "
                "environment, and start them again"
            ) from error
        except Exception as error:
            if type(error).__name__ in ("FutureCancelledError", "CancelledError", "CommClosedError"):
                raise RunnerError(
                    f"the Dask cluster went away while {self._label} was under way ({error}); start it again and give "
                    "the same command: what was committed stays"
                ) from error
            raise
        finally:
            with suppress(Exception):
                self._future.release()
        return found

    def _awaited(self) -> Any:
        where = partial(self._cluster.worker_of, self._future.key)
        return patiently(self._future, self._label, self._cluster.say, where)
