from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from flows.cli import app
from tests.flows.make import Workshop

Mirage = Callable[..., Result]


@pytest.fixture(scope="session")
def mirage() -> Mirage:
    """The command in this process, which is much cheaper than one of its own."""

    def call(*arguments: object, text: str | None = None) -> Result:
        return CliRunner().invoke(app, list(map(str, arguments)), input=text, env={"COLUMNS": "200"})

    return call


@pytest.fixture(scope="session")
def reported(finished: Workshop, tmp_path_factory: pytest.TempPathFactory, mirage: Mirage) -> Workshop:
    """The usual study with its snapshot and pages; to be read, not changed."""
    folder = tmp_path_factory.mktemp("reported") / "study"
    shutil.copytree(finished.folder, folder)
    made = Workshop(folder)
    assert mirage("report", made.path).exit_code == 0
    return made


@pytest.fixture
def published(reported: Workshop, tmp_path: Path) -> Workshop:
    """A copy of it that may be changed."""
    shutil.copytree(reported.folder, tmp_path / "published")
    return Workshop(tmp_path / "published")
