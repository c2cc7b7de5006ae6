"""Log lines for machines: one JSON object a line with time, run, study, stage, file and what happened."""

from __future__ import annotations

import datetime as dt
import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path

from flows.secrets import without_secrets
from metrics.errors import MirageError

LOGGER = logging.getLogger("mirage")
# Without a log, Python would print warnings and errors by itself, which the command line has shown already.
LOGGER.addHandler(logging.NullHandler())
FIELDS = ("event", "stage", "file", "run", "study", "seconds", "counts")
"""What a line may say beside time, level and message; absent where it has no meaning."""

_run: ContextVar[dict[str, object]] = ContextVar("run", default={})  # noqa: B039 - replaced, never changed


class JsonLines(logging.Formatter):
    """A record as one line of JSON."""

    def format(self, record: logging.LogRecord) -> str:
        """See ``logging.Formatter``."""
        line: dict[str, object] = {
            "time": dt.datetime.fromtimestamp(record.created, dt.UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "message": without_secrets(record.getMessage()),
        }
        line |= {name: _clean(vars(record)[name]) for name in FIELDS if vars(record).get(name) is not None}
        if record.exc_info and record.exc_info[0] is not None:
            line["error"] = record.exc_info[0].__name__
        return json.dumps(line, default=str, ensure_ascii=False)


def _clean(value: object) -> object:
    return without_secrets(value) if isinstance(value, str) else value


@contextmanager
def log_to(path: Path | None) -> Iterator[None]:
    """Append log lines to a file while the block runs; without a file, nothing is logged.

    Raises:
        MirageError: The file cannot be written.
    """
    if path is None:
        yield
        return
    try:
        handler = logging.FileHandler(path, encoding="utf-8")
    except OSError as error:
        raise MirageError(
            f"the log {path} cannot be written ({error.strerror}); make its folder or name another with --log"
        ) from error
    handler.setFormatter(JsonLines())
    with _taken_by(handler):
        yield


@contextmanager
def _taken_by(handler: logging.Handler) -> Iterator[None]:
    """Hand records of this program to a handler while the block runs, and to no logger above."""
    level, propagated = LOGGER.level, LOGGER.propagate
    LOGGER.addHandler(handler)
    LOGGER.setLevel(logging.INFO)
    LOGGER.propagate = False
    try:
        yield
    finally:
        LOGGER.removeHandler(handler)
        LOGGER.setLevel(level)
        LOGGER.propagate = propagated
        handler.close()


class Shown(logging.Handler):
    """Hands records to a logger that people read, each in one text with its stage and file."""

    def __init__(self, logger: logging.Logger | logging.LoggerAdapter[logging.Logger]) -> None:
        super().__init__(logging.INFO)
        self._logger = logger

    def emit(self, record: logging.LogRecord) -> None:
        """See ``logging.Handler``."""
        said = vars(record)
        if said.get("event") == "stage_started":
            return
        stage, file = said.get("stage"), said.get("file")
        text = (f"{stage}: " if stage else "") + record.getMessage() + (f" [{file}]" if file else "")
        self._logger.log(record.levelno, "%s", without_secrets(text))


@contextmanager
def shown_by(logger: logging.Logger | logging.LoggerAdapter[logging.Logger]) -> Iterator[None]:
    """Show what is logged in this process by a logger too while the block runs."""
    with _taken_by(Shown(logger)):
        yield


@contextmanager
def log_as(run: str, study: str) -> Iterator[None]:
    """Lines logged while the block runs, in this thread, belong to a run of a study."""
    token = _run.set({"run": run, "study": study})
    try:
        yield
    finally:
        _run.reset(token)


def log(message: str, *, level: int = logging.INFO, **fields: object) -> None:
    """Log one line; ``fields`` are of ``FIELDS``."""
    if LOGGER.isEnabledFor(level):
        LOGGER.log(level, message, extra={**_run.get(), **fields})
