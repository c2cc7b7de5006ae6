"""Every query of the SQL cookbook runs on the embedded study and gives the answer that is printed beside it."""

from __future__ import annotations

import pytest

from flows.bench import Silent
from flows.session import run_direct
from flows.study import load_study
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
    assert len(ENTRIES) >= 12


@pytest.mark.parametrize(("query", "printed"), ENTRIES, ids=range(len(ENTRIES)))
def test_the_answer_is_the_one_printed(shell: SqlShell, query: str, printed: str) -> None:
    assert answer(shell, query) == printed
