from __future__ import annotations

from pathlib import Path

import pytest

from tests.flows.make import Workshop


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    """An empty folder to put a study in."""
    folder = tmp_path / "study"
    folder.mkdir()
    return Workshop(folder)
