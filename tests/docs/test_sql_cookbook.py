"""Every query of the SQL cookbook runs on the embedded study and gives the answer that is printed beside it."""

from __future__ import annotations

import re

import pytest

from flows.bench import Silent
from flows.session import run_direct
from flows.study_file import load_study
from reports.verdicts import VERDICTS
from tests.conftest import ROOT
from tests.docs.cookbook import COOKBOOK, answer, entries
from warehouse.db import published_path
from warehouse.sql_shell import SqlShell

ENTRIES = entries(COOKBOOK.read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> SqlShell:
    folder = tmp_path_factory.mktemp("embedded")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        study = load_study(None)
        run_direct(study, Silent(), None, ("pull", "score", "analyze", "report"))
    return SqlShell(published_path(study.warehouse_path))


def test_there_are_entries() -> None:
    assert len(ENTRIES) >= 20


@pytest.mark.parametrize(("query", "printed"), ENTRIES, ids=range(len(ENTRIES)))
def test_the_answer_is_the_one_printed(shell: SqlShell, query: str, printed: str) -> None:
    assert answer(shell, query) == printed


def test_the_verdicts_told_task_by_task_are_those_reached(shell: SqlShell) -> None:
    page = (ROOT / "docs" / "verdicts.md").read_text(encoding="utf-8")
    [rows] = re.findall(r"\| task \| by size \| over training \|\n\| --- \| --- \| --- \|\n((?:\|.*\n)+)", page)
    told = sorted(tuple(cell.strip() for cell in row.strip("|\n").split("|")) for row in rows.splitlines())
    query = """
        SELECT l.task_title, l.axis, v.verdict, v.kind FROM verdict AS v JOIN ladder AS l USING (ladder_id)
    """
    reached: dict[str, dict[str, str]] = {}
    for title, axis, verdict, kind in shell.ask(query).frame.iter_rows():
        words = VERDICTS[verdict].name.lower() + (f" ({kind})" if kind else "")
        reached.setdefault(title, {})[axis] = words
    short = {"Reversing 5-8 letters": "Reversing letters", "Caesar shift of 6 letters": "Caesar shift"}
    short["Composing permutations of 5"] = "Composing permutations"
    expected = [(short.get(task, task), by["n_params"], by["train_tokens"]) for task, by in reached.items()]
    assert told == sorted(expected)
