from __future__ import annotations

import io
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest
from rich.console import Console

from flows.sql_prompt import Screen, completion, prompt
from tests.flows.commands.conftest import Mirage
from tests.flows.commands.test_doctor import HOLD
from tests.flows.make import Workshop
from warehouse.db import published_path
from warehouse.errors import SqlError
from warehouse.sql_shell import SqlShell


@pytest.fixture
def study(reported: Workshop) -> tuple[str, Path]:
    return "--study", reported.path


@pytest.fixture
def shell(reported: Workshop) -> Iterator[SqlShell]:
    with SqlShell(published_path(reported.study().warehouse_path)) as opened:
        yield opened


def test_it_reads_the_snapshot_and_nothing_else(study: tuple[str, Path], mirage: Mirage) -> None:
    query = "SELECT model_id, n_samples FROM run ORDER BY ALL LIMIT 1"
    assert json.loads(mirage("sql", query, *study, "--json").stdout) == [{"model_id": "m10000", "n_samples": 20}]
    items = "FROM item SELECT item_id ORDER BY 1"
    done = mirage("sql", *study, "--format", "csv", "--limit", "2", text=items)
    assert done.stdout == "item_id\ni0\ni0\n"
    assert "The first 2 rows" in done.stderr
    for refused in ("DELETE FROM run", "SELECT 1; SELECT 2", "SELECT * FROM '/etc/passwd'", "SELECT nothing"):
        done = mirage("sql", refused, *study)
        assert (done.exit_code, done.stdout) == (1, "")
        assert "Cannot go on" in done.stderr


def test_a_query_file_and_a_file_of_rows(study: tuple[str, Path], mirage: Mirage, tmp_path: Path) -> None:
    query = tmp_path / "query.sql"
    query.write_text("-- größe\nSELECT item_id, repeat FROM sample ORDER BY ALL", encoding="utf-8")
    for ending, read in ((".parquet", pl.read_parquet), (".csv", pl.read_csv), (".json", pl.read_json)):
        rows = tmp_path / f"rows{ending}"
        done = mirage("sql", *study, "--file", query, "--output", rows, "--limit", "0")
        assert (done.exit_code, done.stdout) == (0, ""), done.stderr
        assert read(rows).height == 160
    assert sorted(entry.name for entry in tmp_path.iterdir()) == ["query.sql", "rows.csv", "rows.json", "rows.parquet"]


def test_a_query_that_fails_leaves_the_old_rows(study: tuple[str, Path], mirage: Mirage, tmp_path: Path) -> None:
    rows = tmp_path / "rows.csv"
    rows.write_text("old")
    assert mirage("sql", *study, "SELECT nothing", "--output", rows).exit_code == 1
    assert rows.read_text() == "old"
    assert list(tmp_path.iterdir()) == [rows]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("SELECT 1", "--file", "query.sql"), "two queries are given"),
        (("--file", "/nowhere/query.sql"), "query file /nowhere/query.sql cannot be read"),
        (("SELECT 1", "--output", "/nowhere/rows.csv"), "/nowhere/rows.csv cannot be written"),
        (("SELECT 1", "--output", "rows.xlsx"), "no format goes by .xlsx"),
        (("/* nothing */",), "there is no query"),
        (("SELECT 1", "--format", "xml"), "format 'xml' does not exist; choose from table, csv, json, parquet"),
    ],
)
def test_wrong_use_is_told(study: tuple[str, Path], mirage: Mirage, arguments: tuple[str, ...], message: str) -> None:
    done = mirage("sql", *study, *arguments)
    assert done.exit_code == 1
    assert message in " ".join(done.stderr.replace("│", " ").split())


def test_time_is_limited(study: tuple[str, Path], mirage: Mirage) -> None:
    slow = "SELECT count(*) FROM range(1_000_000_000) AS a(i) JOIN range(1_000_000) AS b(j) ON i % 7 = j % 5"
    done = mirage("sql", *study, slow, "--seconds", "0.2")
    assert done.exit_code == 1
    assert "took over 0.2 s" in done.stderr


def test_files_are_read_and_written_only_where_asked_for(
    study: tuple[str, Path], mirage: Mirage, tmp_path: Path
) -> None:
    pl.DataFrame({"task_id": ["add"], "note": ["mine"]}).write_csv(tmp_path / "notes.csv")
    query = f"SELECT DISTINCT note FROM item JOIN '{tmp_path / 'notes.csv'}' USING (task_id)"
    refused = mirage("sql", *study, query)
    assert refused.exit_code == 1
    assert "--allow-files" in refused.stderr
    allowed = mirage("sql", *study, query, "--allow-files", "--format", "csv")
    assert allowed.stdout == "note\nmine\n"


def test_a_run_under_way_is_no_hindrance(study: tuple[str, Path], reported: Workshop, mirage: Mirage) -> None:
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(reported.study().warehouse_path)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as holder:  # fmt: skip
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        done = mirage("sql", "SELECT count(*) AS n FROM run", *study, "--format", "csv")
        holder.communicate("\n")
    assert done.stdout == "n\n8\n"


def asked(shell: SqlShell, lines: list[str | type[BaseException]], monkeypatch: pytest.MonkeyPatch) -> tuple[str, str]:
    """What a prompt writes to standard output and to its console."""
    typed = iter(lines)

    def say(_: str) -> str:
        line = next(typed, EOFError)
        if isinstance(line, str):
            return line
        raise line

    monkeypatch.setattr("builtins.input", say)
    out, console = io.BytesIO(), Console(file=io.StringIO(), width=200)
    prompt(shell, Screen("csv", out), console)
    assert isinstance(console.file, io.StringIO)
    return out.getvalue().decode(), console.file.getvalue()


def test_the_prompt_goes_on_after_a_mistake(shell: SqlShell, monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ["SELECT nothing;", "SELECT count(*) AS n", "FROM run;", ".quit", "SELECT 1;"]
    out, said = asked(shell, [*lines], monkeypatch)
    assert out == "n\n8\n"
    assert "nothing" in said


@pytest.mark.parametrize("word", [".quit", "quit", "exit;", "\\q", ".exit"])
def test_everybodys_word_for_leaving_leaves(shell: SqlShell, monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    assert asked(shell, [word, "SELECT 1;"], monkeypatch)[0] == ""


def test_the_prompts_commands(shell: SqlShell, monkeypatch: pytest.MonkeyPatch) -> None:
    out, said = asked(shell, [".views", ".describe score_by_scale;", ".help", ".tables"], monkeypatch)
    assert "ladder_overview" in out
    assert "95 % interval over items and runs" in out
    assert ".describe NAME" in said
    assert "'.tables' is no command; there are .views" in said


def test_ctrl_c_drops_the_query_being_typed(shell: SqlShell, monkeypatch: pytest.MonkeyPatch) -> None:
    out, _ = asked(shell, ["SELECT 1 AS", KeyboardInterrupt, "SELECT 2 AS two;"], monkeypatch)
    assert out == "two\n2\n"


def test_ctrl_c_stops_a_query_and_not_the_prompt(shell: SqlShell, monkeypatch: pytest.MonkeyPatch) -> None:
    ask = shell.ask

    def stopped(query: str, parameters: dict[str, object] | None = None) -> object:
        if "slow" in query:
            raise KeyboardInterrupt
        return ask(query, parameters)

    monkeypatch.setattr(shell, "ask", stopped)
    out, said = asked(shell, ["SELECT 'slow';", "SELECT 2 AS two;"], monkeypatch)
    assert (out, "Stopped." in said) == ("two\n2\n", True)


def test_names_are_completed() -> None:
    names = ["ladder", "ladder_overview", "run"]
    assert [completion(names, "LAD", state) for state in range(3)] == ["ladder", "ladder_overview", None]


def test_parquet_is_not_for_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    with pytest.raises(SqlError, match="name a file with --output"), Screen.opened("parquet", None):
        pass
