"""The readers by format. Adding a format is adding one module that declares one reader.

A reader is a function that takes a file and its settings and yields batches of rows in ``READ_SCHEMA``. A file may
hold any number of runs, and a run any number of batches; what tells runs apart are the columns of ``RUN_KEY``.
Readers hold no state, open nothing but their file, and never raise for a bad row: they leave it out and say so in a
``Finding``. Where the file as a whole cannot be read they raise ``UnreadableFileError``.
"""

from __future__ import annotations

import pkgutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import polars as pl
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

import flows.sources
from flows.sources.schema import Finding
from metrics.errors import MirageError
from metrics.extraction import EXTRACTIONS


def as_list(value: object) -> object:
    """One text as a list of one, so that a key of a study file takes either."""
    return [value] if isinstance(value, str) else value


TextList = Annotated[tuple[str, ...], BeforeValidator(as_list)]


def known_extractions(names: tuple[str, ...]) -> tuple[str, ...]:
    """Names of extractions, for validation."""
    for name in names:
        if name not in EXTRACTIONS:
            context = {"allowed": list(EXTRACTIONS), "next_step": "Name rules of the catalogue, docs/metrics.md."}
            raise PydanticCustomError("unknown", f"{name!r} is no extraction", context)
    return names


class SourceSettings(BaseModel):
    """What every entry of ``[[sources]]`` may say; a format adds its own keys in a subclass.

    Attributes:
        uri: Paths or glob patterns, relative to the study file.
        format: Name of the reader; None: the file is recognised.
        model_id: Model of every row, where the log does not say or says it wrongly.
        task_id: Task of every row, likewise.
        n_shots: Number of examples in the prompt.
        prompting: ``direct``, ``cot``, …
        filter: Name of the answer extraction that the log applied.
        extractions: Rules that read the answer out of an output, scored side by side; they change nothing that is read.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    uri: Annotated[TextList, Field(min_length=1)]
    format: str | None = None
    model_id: str | None = None
    task_id: str | None = None
    n_shots: Annotated[int | None, Field(ge=0)] = None
    prompting: str | None = None
    filter: str | None = None
    extractions: TextList = ()

    @field_validator("extractions")
    @classmethod
    def _are_extractions(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return known_extractions(names)

    def settings_text(self) -> str:
        """All settings that change what is read, as canonical JSON."""
        return self.model_dump_json(exclude={"uri", "extractions"})


@dataclass(frozen=True)
class LogFile:
    """One file to read.

    Attributes:
        uri: Its name in the warehouse.
        path: Where its bytes are.
    """

    uri: str
    path: Path


@dataclass(frozen=True)
class Batch:
    """Some rows of a file.

    Attributes:
        samples: Rows in ``READ_SCHEMA`` that can be stored.
        findings: What was met on the way.
        n_quarantined: Rows left out.
        models: What the file says about models, columns of ``MODEL_SCHEMA`` (``source`` = log), or None.
        reported: Scores that the file itself states, columns of ``REPORTED_SCHEMA``, or None.
        is_companion: The file goes with others that hold the rows, or states scores alone, so that none is right.
    """

    samples: pl.DataFrame
    findings: tuple[Finding, ...] = ()
    n_quarantined: int = 0
    models: pl.DataFrame | None = None
    reported: pl.DataFrame | None = None
    is_companion: bool = False


class UnreadableFileError(MirageError):
    """A file that cannot be read at all.

    Attributes:
        kind: Short name for the finding.
        reason: What is wrong, with what exists instead.
    """

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind
        self.reason = reason


class UnknownFormatError(UnreadableFileError):
    """No reader recognises the file, or two do."""


Reader = Callable[[LogFile, Any], Iterator[Batch]]
Detector = Callable[[Path], float]
Companions = Callable[[Path], Sequence[Path]]


def no_companions(_: Path) -> Sequence[Path]:
    """The format reads nothing but the file itself."""
    return ()


@dataclass(frozen=True)
class Source:
    """A format that can be read.

    Attributes:
        format: Its name in study files and in the warehouse.
        title: Its name for people.
        version: Raised when the same bytes are read differently; known files are then read again.
        settings: Model of an entry of ``[[sources]]`` with this format.
        detect: How surely a file is of this format, [0,1], from its name and first bytes; 0: it is not.
        read: The reader.
        companions: The files that reading a file opens beside it, as they are there now; a file whose companions
            changed is read again. Called for every known file of every pull: it may look at folders, and opens nothing.
    """

    format: str
    title: str
    version: int
    settings: type[SourceSettings]
    detect: Detector
    read: Reader
    companions: Companions = no_companions


_SOURCES: dict[str, Source] = {}


def source(
    format: str,
    *,
    title: str,
    detect: Detector,
    settings: type[SourceSettings] = SourceSettings,
    version: int = 1,
    companions: Companions = no_companions,
) -> Callable[[Reader], Reader]:
    """Register a function as the reader of a format; see ``Source`` for the fields."""

    def register(read: Reader) -> Reader:
        if format in _SOURCES:
            raise MirageError(f"source format {format!r} is declared twice; give one of the two another name")
        _SOURCES[format] = Source(format, title, version, settings, detect, read, companions)
        return read

    return register


@cache
def sources() -> dict[str, Source]:
    """Every format by name; importing all modules of this package is what fills the list."""
    for module in pkgutil.iter_modules(flows.sources.__path__):
        import_module(f"{flows.sources.__name__}.{module.name}")
    return dict(sorted(_SOURCES.items()))


def recognise(path: Path) -> Source:
    """The format of a file.

    Raises:
        UnknownFormatError: None fits, or two fit equally well.
    """
    sure = sorted(((entry.detect(path), name) for name, entry in sources().items()), reverse=True)
    known = ", ".join(sources())
    if not sure or sure[0][0] <= 0:
        reason = f"no reader recognises it; set `format` in the study file to one of {known}"
        raise UnknownFormatError("unknown_format", reason)
    if len(sure) > 1 and sure[0][0] == sure[1][0]:
        both = f"{sure[0][1]} and {sure[1][1]}"
        raise UnknownFormatError("unknown_format", f"it could be {both}; set `format` in the study file")
    return sources()[sure[0][1]]
