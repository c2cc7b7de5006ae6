"""The Prefect flow: one subflow a stage, one task a file or shard, around the same functions that run without it.

Import this module after ``flows.prefect_settings.set_defaults``.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, cast

from prefect import State, flow, get_run_logger, tags, task
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectFuture
from prefect.runtime import flow_run
from prefect.states import Completed
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner
from prefect.utilities.annotations import quote
from prefect.utilities.timeout import timeout

from flows.analyze import Analyzed, analyze
from flows.bench import Bench, Progress, Result, Silent, Unit, in_order
from flows.cores import without_pandas
from flows.lock import writer_lock
from flows.publish import Pages, Published, publish, write_pages
from flows.pull import Pulled, pull
from flows.runners.choice import hired
from flows.runners.hands import Crew, Hands, label_of
from flows.score import Scored, score
from flows.secrets import secrets_kept, without_secrets
from flows.service.around import recorded
from flows.service.artifacts import Artifacts, show_publication
from flows.service.blocks import filled_from_blocks
from flows.service.log import shown_by
from flows.service.record import RunRecord
from flows.session import Outcome, in_stage, make_warehouse_folder, note_run, opened, settle, writing
from flows.study import Study
from flows.study_file import load_study
from metrics.errors import MirageError

RETRY_SECONDS = [1.0, 5.0]

_watcher: ContextVar[Progress] = ContextVar("watcher", default=Silent())  # noqa: B039 - holds no state
_record: ContextVar[RunRecord] = ContextVar("record")
_bench: ContextVar[Bench] = ContextVar("bench")
_patience: ContextVar[float | None] = ContextVar("patience", default=None)
_loaded: ContextVar[tuple[str | None, Study] | None] = ContextVar("loaded", default=None)


class RunTimeoutError(TimeoutError):
    """A run took longer than its study allows (``[service] timeout_seconds``); what was committed stays."""


def is_worth_a_retry(task: object, task_run: object, state: State[Any]) -> bool:
    """Whether a task failed on input or output, which may work the next time."""
    try:
        state.result()
    except OSError:
        return True
    except Exception:
        return False
    return False


@task(
    cache_policy=NO_CACHE,
    persist_result=False,
    retries=len(RETRY_SECONDS),
    retry_delay_seconds=RETRY_SECONDS,
    retry_condition_fn=is_worth_a_retry,
)
def unit_of_work(label: str, work: Any, unit: Any) -> Any:
    """One file or shard; the label names it in the user interface."""
    with secrets_kept():
        return work(unit)


@dataclass(frozen=True)
class PrefectRunner:
    """Units as Prefect tasks, inside a flow.

    Attributes:
        crew: Who works on them.
    """

    crew: Crew

    def run(
        self, stage: str, work: Callable[[Unit], Result], units: Iterable[Unit], *, heavy: bool
    ) -> Iterator[Result]:
        """See ``flows.bench.Runner``."""
        one = unit_of_work.with_options(name=stage, task_run_name="{label}")
        hands = self.crew.hands(heavy=heavy)
        # Quoted arguments are handed on as they are, not searched for futures.
        yield from in_order(
            lambda unit: one.submit(label_of(unit), quote(partial(_by, hands, work)), quote(unit)), units, hands.ahead
        )

    def shares_memory(self, *, heavy: bool) -> bool:
        """See ``flows.bench.Runner``."""
        return self.crew.hands(heavy=heavy).shares_memory


def _by(hands: Hands, work: Callable[[Unit], Result], unit: Unit) -> Result:
    return hands.submit(work, unit).result()


def name_of_run() -> str:
    """A run is named after its study; Prefect shows the stage beside it."""
    path = flow_run.get_parameters().get("study")
    try:
        return _load(path).name
    except MirageError:
        # The run itself will say what is wrong with the file.
        return Path(path).stem if path else "mirage"


@flow(name="mirage", flow_run_name=name_of_run, validate_parameters=False)
def mirage(study: str | None = None) -> Outcome:
    """Do everything for one study: pull, score, analyze, report.

    Args:
        study: Path of the study file; None: the study that ships with the program.
    """
    loaded = _load(study)
    limit = timeout(seconds=loaded.service.timeout_seconds, timeout_exc_type=RunTimeoutError)
    watcher = _watcher.get()
    # Metrics of a user's own may want pandas.
    lean = nullcontext() if loaded.plugins.specs else without_pandas()
    with (
        tags("mirage", loaded.name),
        lean,
        writing(loaded, watcher, _patience.get()),
        filled_from_blocks(loaded.service.blocks),
        shown_by(get_run_logger()),
        recorded(loaded, "prefect", watcher) as record,
        limit,
        hired(loaded, watcher) as crew,
    ):
        threads = cast("TaskRunner[PrefectFuture[Any]]", ThreadPoolTaskRunner(max_workers=crew.heavy.n_workers))
        runner, shown = PrefectRunner(crew), Artifacts(loaded.name, watcher)
        with secrets_kept(), opened(loaded, runner, shown) as bench:
            recording, keeping, working = _record.set(record), _loaded.set((study, loaded)), _bench.set(bench)
            try:
                pulled = pull_stage.with_options(task_runner=threads)(study)
                scored = score_stage.with_options(task_runner=threads)(study)
                analyzed = analyze_stage.with_options(task_runner=threads)(study)
                published, pages = report_stage(study, quote(Outcome(pulled, scored, analyzed)))
            finally:
                _record.reset(recording)
                _loaded.reset(keeping)
                _bench.reset(working)
        outcome = Outcome(pulled, scored, analyzed, published, pages)
        settle(record, outcome)
    name = None if record.state == "done" else record.state.replace("_", " ").capitalize()
    # Prefect shows the state by its name, and gives its data to whoever called the flow.
    return cast("Outcome", Completed(name=name, message=without_secrets(f"{pulled}; {analyzed}"), data=outcome))


@flow(name="pull", flow_run_name=name_of_run, validate_parameters=False)
def pull_stage(study: str | None) -> Pulled:
    """Read new and changed files, one task a file."""
    return _stage(pull)


@flow(name="score", flow_run_name=name_of_run, validate_parameters=False)
def score_stage(study: str | None) -> Scored:
    """Score what changed, one task a shard."""
    return _stage(score)


@flow(name="analyze", flow_run_name=name_of_run, validate_parameters=False)
def analyze_stage(study: str | None) -> Analyzed:
    """Analyse ladders that changed, some ladders a task."""
    return _stage(analyze)


@flow(name="report", flow_run_name=name_of_run, validate_parameters=False)
def report_stage(study: str | None, so_far: Any) -> tuple[Published, Pages]:
    """Publish the snapshot, write the pages, and put verdicts and links where the user interface shows them.

    Args:
        study: Path of the study file; None: the embedded one.
        so_far: What the stages before came to, an ``Outcome``; callers quote it, so that Prefect does not search it.
    """
    bench, record = _bench.get(), _record.get()
    with secrets_kept():
        note_run(bench, record, so_far)
        published = in_stage(record, "publish", publish, bench)
    # Pages are made from the snapshot, which is opened beside it, and hold as much memory again.
    bench.con.close()
    with record.stage("report") as done:
        pages = pages_task(quote(bench.study), quote(published), quote(_watcher.get()))
        done.append(pages)
    show_publication(bench.study, record, published, pages)
    return published, pages


@task(name="pages", cache_policy=NO_CACHE, persist_result=False)
def pages_task(study: Any, published: Any, progress: Any) -> Pages:
    """Write the pages; the arguments are those of ``flows.publish.write_pages``, quoted."""
    return write_pages(study, published, progress)


def run_flow(study: Study, path: Path | None, progress: Progress, wait: float | None) -> Outcome:
    """Run the flow for people at a prompt.

    Args:
        study: The study, loaded.
        path: Its file; None: the embedded one.
        progress: Shows what is going on.
        wait: Seconds to wait for another writer; None: as long as it takes.

    Raises:
        LockedError: Another run holds the warehouse for longer than that.
        MirageError: Something a user can mend stopped the run.
    """
    make_warehouse_folder(study)
    # Wait before Prefect starts, which takes longer than most waits.
    with writer_lock(study.warehouse_path, wait, progress.say):
        pass
    name = None if path is None else str(path)
    watching, waiting, keeping = _watcher.set(progress), _patience.set(wait), _loaded.set((name, study))
    try:
        with tags("mirage", study.name):
            return mirage(name)
    finally:
        _loaded.reset(keeping)
        _watcher.reset(watching)
        _patience.reset(waiting)


def _stage(stage: Callable[[Bench], Result]) -> Result:
    # Prefect keeps the text of an error with the run.
    with secrets_kept():
        return in_stage(_record.get(), stage.__name__, stage, _bench.get())


def _load(study: str | None) -> Study:
    """The study; the one that this run has loaded already, where it is that."""
    loaded = _loaded.get()
    if loaded is not None and loaded[0] == study:
        return loaded[1]
    return load_study(None if study is None else Path(study))
