"""Processes of this machine; the units of one that dies are done again."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from threading import Lock
from typing import Any, Generic

from flows.bench import AHEAD, Outcome, Result, Unit
from flows.runners.hands import RunnerError, Say, label_of, patiently, silent

ATTEMPTS = 3
"""How often a unit is begun before its death is taken for its own doing."""


class WorkerLostError(RunnerError):
    """A unit of work ended the process that worked on it, every time.

    Attributes:
        label: The unit.
    """

    def __init__(self, label: str) -> None:
        self.label = label
        super().__init__(
            f"{label}: the process that worked on it died {ATTEMPTS} times, most likely for want of memory; "
            "set fewer `workers` in the study file, or free some memory. What was committed stays"
        )


class Processes:
    """Units on processes of this machine.

    When one dies, the pool breaks as a whole; it is made anew and every unit that has no result yet is begun again.
    """

    shares_memory = False

    def __init__(self, workers: int, say: Say = silent) -> None:
        self.say = say
        self.n_workers = workers
        self.ahead = AHEAD * workers
        self._lock = Lock()
        self._pool: ProcessPoolExecutor | None = None

    def submit(self, work: Callable[[Unit], Result], unit: Unit) -> Outcome[Result]:
        """See ``Hands``."""
        return _Attempt(self, work, unit)

    def begin(self, work: Callable[[Any], Result], unit: object) -> tuple[ProcessPoolExecutor, Future[Result]]:
        """Hand a unit to the pool that is whole now; returns both."""
        with self._lock:
            if self._pool is None:
                # A forked child would inherit locks of other threads in an unknown state.
                self._pool = ProcessPoolExecutor(self.n_workers, mp_context=get_context("spawn"))
            try:
                return self._pool, self._pool.submit(work, unit)
            except BrokenProcessPool as error:
                failed: Future[Result] = Future()
                failed.set_exception(error)
                return self._pool, failed

    def replace(self, broken: ProcessPoolExecutor) -> None:
        """Put a new pool in the place of a broken one, once."""
        with self._lock:
            if self._pool is broken:
                self._pool = None
        broken.shutdown(wait=True, cancel_futures=True)

    def close(self) -> None:
        """See ``Hands``."""
        with self._lock:
            pool, self._pool = self._pool, None
        if pool is not None:
            pool.shutdown(cancel_futures=True)


class _Attempt(Generic[Unit, Result]):
    """A unit under way, begun again where its process dies."""

    def __init__(self, hands: Processes, work: Callable[[Unit], Result], unit: Unit) -> None:
        self._hands, self._work, self._unit = hands, work, unit
        self._pool, self._future = hands.begin(work, unit)

    def result(self) -> Result:
        """See ``flows.bench.Outcome``."""
        label = label_of(self._unit)
        for attempt in range(ATTEMPTS):
            try:
                return patiently(self._future, label, self._hands.say, lambda: "in a process of its own")
            except BrokenProcessPool:
                self._hands.replace(self._pool)
                if attempt + 1 < ATTEMPTS:
                    self._pool, self._future = self._hands.begin(self._work, self._unit)
        raise WorkerLostError(label)
