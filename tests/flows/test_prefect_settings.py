from __future__ import annotations

import os
from pathlib import Path

import pytest

from flows.prefect_settings import ALONE, QUIET, set_defaults

NAMES = ("PREFECT_HOME", "PREFECT_API_URL", "PREFECT_PROFILES_PATH", *QUIET, *ALONE)


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No setting of this machine counts, and none stays behind."""
    for name in NAMES:
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))


def settings() -> dict[str, str]:
    return {name: os.environ[name] for name in NAMES if name in os.environ}


def test_a_run_of_its_own_is_quiet_and_keeps_its_files_with_the_study(tmp_path: Path) -> None:
    set_defaults(tmp_path / "out" / "mirage.work")
    home = tmp_path / "out" / "mirage.work" / "prefect"
    assert settings() == {**QUIET, **ALONE, "PREFECT_HOME": str(home)}
    assert home.is_dir()
    assert QUIET["DO_NOT_TRACK"] == "1"


def test_what_a_user_has_set_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PREFECT_HOME", str(tmp_path / "mine"))
    monkeypatch.setenv("PREFECT_LOGGING_LEVEL", "DEBUG")
    set_defaults(tmp_path / "work")
    assert settings()["PREFECT_HOME"] == str(tmp_path / "mine")
    assert settings()["PREFECT_LOGGING_LEVEL"] == "DEBUG"


def test_a_server_or_profile_of_the_user_is_used_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    profile = tmp_path / "home" / ".prefect" / "profiles.toml"
    profile.parent.mkdir(parents=True)
    profile.touch()
    set_defaults(tmp_path / "work")
    assert settings() == QUIET
    profile.unlink()
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:4200/api")
    set_defaults(tmp_path / "work")
    assert settings() == {**QUIET, "PREFECT_API_URL": "http://127.0.0.1:4200/api"}
