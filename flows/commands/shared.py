"""What the commands that read a finished study have in common."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from flows.plugins import VARIABLE
from metrics.errors import MirageError

# Either is taken in the other's form too; see flows/commands/study_place.py.
StudyArgument = Annotated[
    Path | None,
    typer.Argument(metavar="[STUDY.toml]", help="Study file, or --study STUDY.toml; without one, the embedded study."),
]
StudyOption = Annotated[
    Path | None,
    typer.Option(metavar="STUDY.toml", help="Study file, or STUDY.toml alone; without one, the embedded study."),
]
WaitOption = Annotated[
    float | None, typer.Option(min=0, metavar="SECONDS", help="Wait this long for another run; else without limit.")
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the answer as JSON on standard output.")]


def _allow_plugins(wanted: bool) -> bool:
    if wanted:
        os.environ[VARIABLE] = "1"
    return wanted


AllowPluginsOption = Annotated[
    bool,
    typer.Option(
        "--allow-plugins",
        callback=_allow_plugins,
        help="Let the study's own metrics run: Python code beside the study file.",
    ),
]


def snapshot_path(study: Path | None) -> Path:
    """Where the published snapshot of a study lies, whether there is one or not."""
    from flows.study_file import load_study
    from warehouse.db import published_path

    return published_path(load_study(study).warehouse_path)


def snapshot_of(study: Path | None) -> Path:
    """The published snapshot of a study.

    Raises:
        MirageError: There is none yet.
    """
    path = snapshot_path(study)
    if not path.exists():
        other = "" if study else ", or name your study file"
        raise MirageError(
            f"there is no snapshot {path} yet; make it with: mirage run{f' {study}' if study else ''}{other}"
        )
    return path
