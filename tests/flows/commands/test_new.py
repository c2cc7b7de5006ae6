from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from flows.study_file import load_study
from tests.flows.commands.conftest import Mirage
from tests.flows.sources.reading import CASES


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copytree(CASES / "lm_eval" / "0.4.9", tmp_path / "logs")
    (tmp_path / "logs" / "notes.json").write_text("{}")
    shutil.copy(CASES / "inspect_ai" / "2-deflate" / "log.eval", tmp_path / 'it\'s "one".eval')
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_logs_that_lie_about_become_a_study_that_can_be_pulled(here: Path, mirage: Mirage) -> None:
    done = mirage("new", "logs", 'it\'s "one".eval', "missing.jsonl")
    assert done.exit_code == 0, done.output
    n_logs = len(list((CASES / "lm_eval" / "0.4.9").iterdir()))
    assert f"{n_logs:>8} files: lm-evaluation-harness" in done.stdout
    assert "       1 file: Inspect" in done.stdout
    assert "       1 file: no log" in done.stdout
    assert "missing.jsonl: there is no such file" in done.output
    study = load_study(here / "study.toml")
    assert (study.name, study.sources[0].uri) == (here.name, ("logs", 'it\'s "one".eval', "missing.jsonl"))
    stages = json.loads(mirage("pull", here / "study.toml", "--json").stdout)["stages"]
    assert stages["pulled"]["n_runs"] > 10


def test_a_study_that_is_there_stays(here: Path, mirage: Mirage) -> None:
    (here / "study.toml").write_text("mine")
    done = mirage("new", "logs")
    assert done.exit_code == 1
    assert "is there already" in done.output
    assert (here / "study.toml").read_text() == "mine"
