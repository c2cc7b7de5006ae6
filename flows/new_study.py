"""A study file for logs that somebody has, to begin with."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from flows.inventory import take_inventory
from flows.no_log import NO_LOG
from flows.remote import is_url
from flows.sources.registry import UnknownFormatError, recognise
from flows.sources.schema import Finding
from flows.study_file import load_study
from metrics.errors import MirageError

TEMPLATE = """\
# What to read: files, patterns, folders, archives, URLs.
[[sources]]
uri = {uris}

# Models that differ in scale only. Scales come from the logs, from published facts, or from a CSV file beside this one
# (models = "models.csv"); `mirage models --unknown` lists those that nobody knows.
[[families]]
name = "all"
models = "*"
axis = "n_params"
"""


@dataclass(frozen=True)
class Begun:
    """A study file that was written.

    Attributes:
        path: The file.
        formats: Number of files by format; ``none`` for those that are no log.
        findings: What was wrong with finding them.
    """

    path: Path
    formats: dict[str, int]
    findings: tuple[Finding, ...]


def begin(places: Sequence[str], path: Path, name: str | None = None) -> Begun:
    """Write a study file that reads these places, and look at what lies there.

    Args:
        places: Files, patterns, folders, archives and URLs; paths from where the program runs.
        path: The study file to write.
        name: Name of the study; that of its folder where None.

    Raises:
        MirageError: The file is there already, or cannot be written.
    """
    folder = path.resolve().parent
    uris = [place if is_url(place) else _seen_from(folder, place) for place in places]
    title = json.dumps(name or folder.name or "study", ensure_ascii=False)
    text = f"name = {title}\n\n" + TEMPLATE.format(uris=json.dumps(uris, ensure_ascii=False))
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise MirageError(f"{path} is there already; name another file with --to, or add the sources to it") from None
    except OSError as error:
        raise MirageError(f"{path} cannot be written: {error.strerror or error}") from error
    inventory = take_inventory(load_study(path))
    formats = Counter(_format(file.log.path) for file in inventory.files)
    return Begun(path, dict(formats.most_common()), inventory.findings)


def _seen_from(folder: Path, place: str) -> str:
    full = Path.cwd() / place
    return full.relative_to(folder).as_posix() if full.is_relative_to(folder) else full.as_posix()


def _format(path: Path) -> str:
    try:
        return recognise(path).format
    except UnknownFormatError:
        return NO_LOG
