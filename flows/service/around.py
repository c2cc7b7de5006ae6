"""What surrounds the stages of every run: its record, its log, figures for monitoring and messages."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

import duckdb

from flows.bench import Progress
from flows.secrets import secrets_kept
from flows.service.log import log, log_as, log_to
from flows.service.notify import Message, failure, messages, send
from flows.service.prometheus import disk_bytes, exposition
from flows.service.record import RunRecord, keep, replace_text, store
from flows.service.refusal import machine_refusal
from flows.study import Study
from flows.summary import Summary, summarize
from warehouse.db import open_warehouse, published_path
from warehouse.errors import WarehouseError
from warehouse.lake.errors import LakeError, explained


@contextmanager
def recorded(study: Study, runner: str, progress: Progress) -> Iterator[RunRecord]:
    """Record the run that the block makes; a run that raises is recorded as failed, and told.

    The block sets ``RunRecord.state`` before it ends.
    """
    record = RunRecord(study.name, runner)
    with log_to(_beside(study, study.service.log)), log_as(record.run_id, study.name):
        try:
            with secrets_kept():
                yield record
        except BaseException as error:
            refusal = machine_refusal(error, study) or _lake_refusal(error, study)
            _failed(study, record, refusal or error, progress)
            if refusal is not None:
                raise refusal from error
            raise
        kept = keep(study, record.as_json(record.state))
        log(record.state.replace("_", " "), event="run_finished", seconds=round(record.seconds, 3))
        told = record.published_now
        if not (told or study.service.prometheus):
            return
        with closing(open_warehouse(published_path(study.warehouse_path), read_only=True)) as con:
            if told:
                _tell(study, messages(con, study.name, pipeline_run_id=record.run_id, pages=index_url(study)), progress)
            if study.service.prometheus:
                write_figures(study, kept, summarize(con))


def _lake_refusal(error: BaseException, study: Study) -> LakeError | None:
    """What a lake or its catalogue refused, in words that say what to do; None where it is another kind of error."""
    if study.lake is None or not isinstance(error, duckdb.Error):
        return None
    return explained(study.lake, error)


def write_figures(study: Study, record: dict[str, object], summary: Summary | None) -> None:
    """Leave the figures of the study where its file says."""
    path = _beside(study, study.service.prometheus)
    if path is not None:
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_text(path, exposition(study.name, record, summary, study_bytes(study)))


def index_url(study: Study) -> str | None:
    """Where people open the pages of a study; None where no web server shows them."""
    return None if study.service.pages_url is None else f"{study.service.pages_url}/index.html"


def study_bytes(study: Study) -> int:
    """Bytes of everything a study has written."""
    warehouse = study.warehouse_path
    return disk_bytes(warehouse, published_path(warehouse), study.reports_path, study.work_path)


def _failed(study: Study, record: RunRecord, error: BaseException, progress: Progress) -> None:
    # Signals, those of Prefect too, are no errors.
    state = "failed" if isinstance(error, Exception) else "cancelled"
    why = f"{type(error).__name__}: {error}".rstrip(": ")
    kept = record.as_json(state, why)
    log(why, level=logging.ERROR, event="run_failed", seconds=round(record.seconds, 3))
    # What stopped the run, a full disk say, may stop its record too; the first error is the one to show.
    with suppress(OSError, duckdb.Error, WarehouseError):
        shown = keep(study, kept)
        with closing(open_warehouse(study.warehouse_path)) as con:
            store(con, kept)
        if study.service.prometheus:
            write_figures(study, shown, _published(study))
    if state == "failed":
        _tell(study, [failure(study.name, error)], progress)


def _published(study: Study) -> Summary | None:
    """What the snapshot holds, which a run that failed has not changed; None where there is none."""
    path = published_path(study.warehouse_path)
    if not path.exists():
        return None
    with closing(open_warehouse(path, read_only=True)) as con:
        return summarize(con)


def _tell(study: Study, told: list[Message], progress: Progress) -> None:
    if not study.notify.urls:
        return
    for failed in send(told, study.notify):
        log(str(failed), level=logging.WARNING, event="not_notified")
        progress.say(str(failed))


def _beside(study: Study, name: str | None) -> Path | None:
    return None if name is None else study.output_folder / name
