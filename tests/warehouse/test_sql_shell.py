from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import polars as pl
import pytest

from tests.warehouse import make
from warehouse.db import open_warehouse, publish, published_path
from warehouse.errors import SqlError, WarehouseMissingError
from warehouse.sql_shell import SqlShell


@pytest.fixture(scope="module")
def snapshot(templates: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("published") / "w.duckdb"
    shutil.copyfile(templates / "filled.duckdb", path)
    con = open_warehouse(path)
    publish(con, path, published_path(path), make.NOW, "0.1.0")
    con.close()
    return published_path(path)


@pytest.fixture
def shell(snapshot: Path) -> Iterator[SqlShell]:
    with SqlShell(snapshot) as opened:
        yield opened


def test_views_tables_and_macros_answer(shell: SqlShell) -> None:
    answer = shell.ask("SELECT ladder_id, verdict FROM ladder_overview ORDER BY ladder_id")
    assert answer.frame.rows() == [("m/add", "mirage"), ("m/spell", "mirage")]
    assert not answer.is_cut
    assert shell.ask("SELECT token_edit_distance('größe', 'grösse') AS d").frame.item() == 2
    assert shell.ask("DESCRIBE run").frame.height > 5
    assert "projection" in str(shell.ask("EXPLAIN SELECT run_id || 'x' FROM run").frame.row(0)).lower()
    assert shell.ask("FROM floor").frame.columns == ["run_id", "metric", "kind", "value", "n", "seed"]


def test_columns_of_one_name_are_told_apart(snapshot: Path) -> None:
    query = "SELECT a.run_id, b.run_id, 1 AS run_id_1, a.run_id FROM run AS a JOIN run AS b ON a.run_id = b.run_id"
    for limit in (1, None):
        with SqlShell(snapshot, row_limit=limit) as shell:
            assert shell.ask(query).frame.columns == ["run_id", "run_id_1", "run_id_1_1", "run_id_2"]
    with SqlShell(snapshot) as shell:
        assert shell.ask(f"{query} WHERE false").frame.shape == (0, 4)


@pytest.mark.parametrize("limit", [1, 47, 48, 49, None])
def test_rows_are_limited(snapshot: Path, limit: int | None) -> None:
    with SqlShell(snapshot, row_limit=limit) as shell:
        answer = shell.ask("FROM sample ORDER BY ALL")
    assert answer.frame.height == min(limit or 48, 48)
    assert answer.is_cut == (limit is not None and limit < 48)


def test_endless_results_are_not_held_in_memory(snapshot: Path) -> None:
    with SqlShell(snapshot, row_limit=10) as shell:
        assert shell.ask("FROM range(100_000_000_000)").frame["range"].to_list() == list(range(10))


def test_time_is_limited_and_the_next_question_works(snapshot: Path) -> None:
    with SqlShell(snapshot, seconds=0.2) as shell:
        with pytest.raises(SqlError, match=r"took over 0.2 s; narrow it"):
            shell.ask(
                "SELECT count(*) FROM range(1_000_000_000) AS a(i) JOIN range(1_000_000) AS b(j) ON i % 7 = j % 5"
            )
        assert shell.ask("SELECT 1 AS one").frame.item() == 1


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM read_csv('/etc/hostname')",
        "SELECT * FROM '/tmp/some.parquet'",
        "SELECT * FROM glob('/*')",
        "SELECT * FROM read_text('https://example.org')",
    ],
)
def test_files_and_network_are_out_of_reach(shell: SqlShell, sql: str) -> None:
    with pytest.raises(SqlError, match="disabled by configuration"):
        shell.ask(sql)


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("COPY run TO '/tmp/run.csv'", "COPY"),
        ("ATTACH '/tmp/x.duckdb'", "ATTACH"),
        ("SET enable_external_access = true", "SET"),
        ("INSTALL httpfs", "LOAD"),
        ("DELETE FROM run", "DELETE"),
        ("DROP TABLE run", "DROP"),
        ("CREATE TEMP TABLE x (i INTEGER)", "CREATE"),
    ],
)
def test_only_questions_are_allowed(shell: SqlShell, sql: str, kind: str) -> None:
    with pytest.raises(SqlError, match=f"^{kind} is not allowed here"):
        shell.ask(sql)


def test_configuration_is_locked_even_where_files_are_allowed(snapshot: Path, tmp_path: Path) -> None:
    with SqlShell(snapshot, allow_files=True) as shell:
        shell.ask(f"COPY (SELECT 7 AS seven) TO '{tmp_path / 'seven.csv'}'")
        assert shell.ask(f"FROM '{tmp_path / 'seven.csv'}'").frame.item() == 7
        with pytest.raises(SqlError, match="read-only"):
            shell.ask("DELETE FROM run")
        with pytest.raises(SqlError, match="locked"):
            shell.ask("SET memory_limit = '1TB'")


def test_wrong_sql_is_explained(shell: SqlShell) -> None:
    with pytest.raises(SqlError, match="syntax error"):
        shell.ask("SELEC 1")
    with pytest.raises(SqlError, match="ladder_overview"):
        shell.ask("FROM ladder_overvew")
    with pytest.raises(SqlError, match="this text holds 2"):
        shell.ask("SELECT 1; SELECT 2")
    with pytest.raises(SqlError, match="there is no query in this text"):
        shell.ask("-- nothing")


def test_variables_of_the_program_are_no_tables(shell: SqlShell) -> None:
    secret = pl.DataFrame({"x": [1]})
    assert secret.height == 1
    with pytest.raises(SqlError, match="secret"):
        shell.ask("FROM secret")


def test_the_next_generation_is_followed(templates: Path, tmp_path: Path) -> None:
    path = tmp_path / "w.duckdb"
    shutil.copyfile(templates / "filled.duckdb", path)
    con = open_warehouse(path)
    publish(con, path, published_path(path), make.NOW, "0.1.0")
    with SqlShell(published_path(path)) as shell:
        assert shell.ask("SELECT max(generation) FROM publication").frame.item() == 1
        publish(con, path, published_path(path), make.NOW, "0.1.0")
        assert shell.ask("SELECT max(generation) FROM publication").frame.item() == 2
        published_path(path).unlink()
        assert shell.ask("SELECT max(generation) FROM publication").frame.item() == 2
    con.close()


def test_no_snapshot_yet(tmp_path: Path) -> None:
    with pytest.raises(WarehouseMissingError, match="mirage run"):
        SqlShell(tmp_path / "w.published.duckdb")
