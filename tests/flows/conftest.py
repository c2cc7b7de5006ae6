from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.flows.make import Workshop


@pytest.fixture(autouse=True, scope="session")
def bytecode(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Child processes compile each module once a session, whatever this machine does about bytecode."""
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("PYTHONDONTWRITEBYTECODE", raising=False)
        patch.setenv("PYTHONPYCACHEPREFIX", str(tmp_path_factory.mktemp("bytecode")))
        yield


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    """An empty folder to put a study in."""
    folder = tmp_path / "study"
    folder.mkdir()
    return Workshop(folder)


@pytest.fixture(scope="session")
def finished(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    """The usual study after a run; to be copied, not changed."""
    folder = tmp_path_factory.mktemp("finished") / "study"
    folder.mkdir()
    made = Workshop(folder)
    made.fill()
    made.run()
    return made


@pytest.fixture
def ready(finished: Workshop, tmp_path: Path) -> Workshop:
    """A copy of the usual study after a run: two tasks, four models, two ladders."""
    shutil.copytree(finished.folder, tmp_path / "study")
    return Workshop(tmp_path / "study")
