"""The runner that a study names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager

from flows.bench import Progress, Runner
from flows.cores import few_cores
from flows.runners.hands import Crew, CrewRunner, Hands, InPlace, Say, Threads
from flows.runners.names import DASK
from flows.runners.processes import Processes
from flows.study import Study


@contextmanager
def runner_of(study: Study, progress: Progress) -> Iterator[Runner]:
    """What runs the units of a study outside Prefect, while the block runs."""
    with hired(study, progress) as crew:
        yield CrewRunner(crew)


@contextmanager
def hired(study: Study, progress: Progress) -> Iterator[Crew]:
    """Who works on the units of a study, while the block runs.

    Args:
        study: The study; its work folder is made where processes beyond this machine need it.
        progress: Told of units that take long.
    """
    is_automatic = study.runner == "auto"
    crew = _automatic(study.workers, progress.say) if is_automatic else Crew.of(_hands(study, progress))
    with closing(crew):
        yield crew


def _automatic(workers: int, say: Say) -> Crew:
    """Light units on threads, heavy ones on processes of this machine.

    Light units are done one after another where there are few cores: they share one interpreter lock, and passing it
    between two threads took a sixth more processor time without ending sooner.
    """
    if workers == 1:
        return Crew.of(InPlace())
    return Crew(InPlace() if few_cores() else Threads(workers, say), Processes(workers, say))


def _hands(study: Study, progress: Progress) -> Hands:
    if study.runner == "threads":
        return Threads(study.workers, progress.say)
    if study.runner == "processes":
        return Processes(study.workers, progress.say)
    from flows.runners.cluster import Cluster

    address = study.runner.removeprefix(DASK) if study.runner.startswith(DASK) else None
    study.work_path.mkdir(parents=True, exist_ok=True)
    return Cluster(address, study.workers, study.work_path, progress.say)
