"""A lake used as a warehouse: publications, upkeep, copies, two writers, and what can be wrong with it."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import duckdb
import pytest
from typer.testing import CliRunner

from flows.bench import Bench
from flows.cli import app
from flows.service.cleanup import collect
from metrics.errors import MirageError
from tests.flows.make import STUDY, Said, Workshop, outputs
from tests.scale.postgres import Server
from tests.scale.rows import rows_of
from tests.warehouse import make
from warehouse.catalogue import entries
from warehouse.copy import copy_warehouse
from warehouse.db import open_warehouse, publish, published_path
from warehouse.doctor import examine
from warehouse.errors import SqlError, WarehouseError
from warehouse.forget import find, forget
from warehouse.lake import extensions
from warehouse.lake.address import LakeAddress, LakeAddressError, parse_address
from warehouse.lake.connect import attach
from warehouse.lake.errors import (
    LakeBusyError,
    LakeError,
    LakeFormatError,
    LakeMissingError,
    LakePermissionError,
    LakeUnreachableError,
)
from warehouse.lake.extensions import ExtensionError, load_extension
from warehouse.lake.link import link_to, read_link
from warehouse.lake.lock import sole_writer
from warehouse.lake.publication import link_as_of, publications
from warehouse.lake.retry import again_on_conflict
from warehouse.lake.upkeep import purge, tidy
from warehouse.sql_shell import SqlShell
from warehouse.transaction import transaction

NOW = dt.datetime(2026, 11, 23, 12, 0, tzinfo=dt.UTC)


def lake_in_file(folder: Path, name: str = "mirage") -> Path:
    """The link to a lake that is not made yet."""
    link = folder / f"{name}.lake"
    link_to(link, parse_address(f"ducklake:{name}.ducklake?data_path=rows", folder))
    return link


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A lake with two publications; between them, the second task went."""
    link = lake_in_file(tmp_path_factory.mktemp("lake"))
    with closing(open_warehouse(link)) as con:
        make.fill(con)
        publish(con, link, published_path(link), NOW, "test")
        forget(con, find(con, "run", "*/spell"), make.NOW)
        publish(con, link, published_path(link), NOW, "test")
    return link


def count(link: Path, table: str = "sample") -> int:
    with closing(open_warehouse(link, read_only=True)) as con:
        return len(con.execute(f"FROM {table}").fetchall())


def test_readers_see_the_publication_that_the_link_names(filled: Path, tmp_path: Path) -> None:
    assert read_link(published_path(filled)).generation == 2
    assert count(published_path(filled)) == 24
    assert count(link_as_of(published_path(filled), 1, tmp_path)) == 48
    with pytest.raises(LakeMissingError, match=r"it has no publication 7; name one of those kept: 1, 2"):
        link_as_of(published_path(filled), 7, tmp_path)


def test_sql_reads_the_rows_of_the_lake_and_no_other_file(filled: Path) -> None:
    with SqlShell(published_path(filled)) as shell:
        assert shell.ask("SELECT count(*) AS n FROM sample_scored").frame["n"].to_list() == [24]
        with pytest.raises(SqlError, match="disabled"):
            shell.ask(f"SELECT * FROM read_text('{__file__}')")
        for behind in ("FROM postgres_query('x', 'SELECT 1')", "FROM __ducklake_metadata_lake.ducklake_snapshot"):
            with pytest.raises(SqlError, match="it would reach into the catalogue"):
                shell.ask(behind)
        with pytest.raises(SqlError, match="query is not allowed here"):
            shell.ask("""FROM "query" ('FROM postgres' || '_query()')""")


def test_views_and_macros_are_described(filled: Path) -> None:
    with closing(open_warehouse(filled, read_only=True)) as con:
        found = entries(con)
    assert {entry.kind for entry in found} == {"view", "table", "macro"}
    assert all(entry.meaning for entry in found)


def test_the_doctor_finds_a_lake_sound(filled: Path) -> None:
    with closing(open_warehouse(filled)) as con:
        problems = examine(con, published_path(filled), now=NOW)
    assert [problem for problem in problems if problem.severity == "error"] == []
    assert "snapshot_behind" not in [problem.kind for problem in problems]


def test_upkeep_keeps_what_is_published(tmp_path: Path) -> None:
    link = lake_in_file(tmp_path)
    with closing(open_warehouse(link)) as con:
        make.fill(con)
        publish(con, link, published_path(link), NOW, "test")
        con.execute("DELETE FROM sample WHERE item_id = 'i0'")
        publish(con, link, published_path(link), NOW, "test")
        address, later = read_link(link).address, dt.datetime.now(dt.UTC) + dt.timedelta(days=2)
        counted = tidy(con, address, 1, later, dry_run=True)
        assert counted.n_versions > 5
        before = rows_of(con)
        done = tidy(con, address, 1, later, dry_run=False)
        assert done.n_versions == counted.n_versions
        assert list(publications(con, "mirage")) == [2]
        assert rows_of(con) == before
        assert done.n_merged > 0
    assert count(published_path(link)) == 36


@pytest.fixture(params=["file", pytest.param("postgres", marks=pytest.mark.scale)])
def empty(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    """The link to a lake that is not made yet, with its catalogue in a file or in PostgreSQL."""
    if request.param == "file":
        return lake_in_file(tmp_path)
    server: Server = request.getfixturevalue("postgres")
    link_to(
        tmp_path / "mirage.lake", parse_address(f"ducklake:{server.new_database('forgets')}?data_path=rows", tmp_path)
    )
    return tmp_path / "mirage.lake"


def catalogue_rows(con: duckdb.DuckDBPyConnection, text: str) -> list[tuple[object, ...]]:
    """Rows of the catalogue's tables that hold a text."""
    inside = "__ducklake_metadata_lake"
    tables = con.execute("SELECT table_name FROM duckdb_tables() WHERE database_name = ?", [inside]).fetchall()
    names = {name for (name,) in tables} | {"ducklake_table_column_stats", "ducklake_file_column_stats"}
    found = []
    for name in sorted(names):
        found += con.execute(
            f"SELECT '{name}', row::VARCHAR FROM {inside}.{name} AS row WHERE contains(row::VARCHAR, ?)", [text]
        ).fetchall()
    return found


def test_forgotten_texts_are_nowhere_in_a_lake(empty: Path, tmp_path: Path) -> None:
    link = empty
    with closing(open_warehouse(link)) as con:
        make.fill(con)
        con.execute("UPDATE sample SET output = 'zz-planted-' || run_id WHERE run_id LIKE 'm0%/spell'")
        assert catalogue_rows(con, "planted-")  # the largest text
        con.execute("CALL lake.set_option('parquet_compression', 'uncompressed')")
        publish(con, link, published_path(link), NOW, "test")
        forget(con, find(con, "run", "*/spell"), make.NOW)
        purge(con, read_link(link).address)
        assert publications(con, "mirage") == {}
        assert catalogue_rows(con, "planted-") == []
        # what the catalogue now says of texts must not hide rows
        [(largest,)] = con.execute("SELECT max(output) FROM sample").fetchall()
        con.execute("UPDATE sample SET output = 'zzz' WHERE item_id = 'i0'")
        assert len(con.execute("FROM sample WHERE output = ?", [largest]).fetchall()) > 0
        assert len(con.execute("FROM sample WHERE output = 'zzz'").fetchall()) > 0
    held = b"".join(path.read_bytes() for path in tmp_path.rglob("*.parquet"))
    assert b"planted-" not in held
    assert count(link) == 24
    with pytest.raises(LakeMissingError, match="that version is not there any more"):
        count(published_path(link))


def test_a_warehouse_is_copied_both_ways(filled: Path, tmp_path: Path) -> None:
    file, other = tmp_path / "copy.duckdb", lake_in_file(tmp_path)
    there = copy_warehouse(filled, file)
    back = copy_warehouse(file, other)
    assert there == back
    assert {one.table: one.n_rows for one in there}["sample"] == 24
    with closing(open_warehouse(filled)) as one:
        wanted = rows_of(one)
    with closing(open_warehouse(other)) as two, closing(open_warehouse(file)) as three:
        assert rows_of(two) == rows_of(three) == wanted
    with pytest.raises(WarehouseError, match="it holds rows already"):
        copy_warehouse(filled, file)


@pytest.mark.scale
def test_the_command_copies_both_ways_and_shows_checksums(
    postgres: Server, ready: Workshop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    file = str(ready.study().warehouse_path)
    lake = f"ducklake:{postgres.new_database('moved')}?data_path=rows"
    there, back = told("copy", file, lake), told("copy", lake, "back.duckdb")
    assert there["tables"] == back["tables"]
    by_table = {one["table"]: one for one in there["tables"]}
    assert (by_table["sample"]["rows"], by_table["verdict"]["rows"]) == (160, 2)
    assert int(by_table["sample"]["checksum"]) != 0
    with closing(ready.open()) as usual, closing(open_warehouse(tmp_path / "back.duckdb")) as con:
        assert rows_of(con) == rows_of(usual)
    refused_copy = CliRunner().invoke(app, ["warehouse", "copy", file, lake])
    assert refused_copy.exit_code != 0
    assert "it holds rows already" in refused_copy.output


def told(*command: str) -> dict[str, Any]:
    """What a command of ``mirage warehouse`` prints as JSON."""
    done = CliRunner().invoke(app, ["warehouse", *command, "--json"])
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_copy_that_is_not_whole_leaves_nothing(filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sums = iter(range(1000))
    monkeypatch.setattr("warehouse.copy._sum", lambda con, relation, names: (next(sums), 0))
    with pytest.raises(WarehouseError, match=r"did not arrive whole.*nothing was written"):
        copy_warehouse(filled, tmp_path / "copy.duckdb")
    assert count(tmp_path / "copy.duckdb") == 0


def test_a_transaction_that_lost_is_done_again(postgres: Server, tmp_path: Path) -> None:
    address = parse_address(f"ducklake:{postgres.new_database('races')}?data_path=rows", tmp_path)
    with closing(attach(address, read_only=False)) as first, closing(attach(address, read_only=False)) as second:
        first.execute("CREATE TABLE tally (owner VARCHAR, n INTEGER)")
        first.execute("INSERT INTO tally VALUES ('all', 0)")
        begun: list[int] = []

        @again_on_conflict
        def count_up(con: duckdb.DuckDBPyConnection) -> None:
            begun.append(1)
            with transaction(con):
                [(n,)] = con.execute("SELECT n FROM tally").fetchall()
                con.execute("DELETE FROM tally")
                con.execute("INSERT INTO tally VALUES ('all', ?)", [n + 1])
                if len(begun) == 1:
                    count_up(second)

        count_up(first)
        assert len(begun) == 3
        assert first.execute("FROM tally").fetchall() == [("all", 2)]


def test_one_writer_a_study(postgres: Server, tmp_path: Path) -> None:
    address = parse_address(f"ducklake:{postgres.new_database('locks')}?data_path=rows", tmp_path)
    said: list[str] = []
    with sole_writer(address):
        with pytest.raises(LakeBusyError, match="wait longer with --wait"), sole_writer(address, 0.1, said.append):
            pass
        with sole_writer(LakeAddress(address.catalog, None, "another", address.shown), 0):
            pass
    assert said[0].startswith("Waiting: the schema 'mirage' of the lake postgres://")
    with sole_writer(address, 0):
        pass


def test_two_studies_write_to_one_lake_at_once(postgres: Server, tmp_path: Path) -> None:
    url = postgres.new_database("shared_lake")
    made = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        workshop = Workshop(tmp_path / name)
        workshop.fill([])
        workshop.write_study(f'warehouse = "ducklake:{url}?data_path={tmp_path}/rows&schema={name}"\n{STUDY}')
        for number in range(4):
            workshop.write(f"{number}.parquet", outputs(f"{name}{number}"))
        made.append(workshop)
    command = [sys.executable, "-m", "flows.cli", "pull"]
    running = [subprocess.Popen([*command, str(one.path)], stderr=subprocess.PIPE, text=True) for one in made]
    for process in running:
        told = process.communicate(timeout=300)[1]
        assert process.returncode == 0, told
    for workshop in made:
        name = workshop.folder.name
        assert workshop.rows("SELECT count(*), count(DISTINCT run_id), sum(n_samples) FROM run") == [(16, 16, 320)]
        assert workshop.rows("SELECT DISTINCT left(task_id, 3) FROM run") == [(name,)]
        assert workshop.rows("SELECT count(*) FROM sample") == [(320,)]


def test_gc_tidies_the_lake_of_a_study(workshop: Workshop) -> None:
    workshop.fill()
    workshop.write_study(f'warehouse = "ducklake:out/small.ducklake"\n{STUDY}')
    workshop.run(("pull",))
    done = collect(workshop.study(), Said(), 0, dry_run=False)
    assert "files of the lake" in " ".join(litter.what for litter in done)
    assert workshop.rows("SELECT count(*) FROM sample") == [(160,)]


# --- what can be wrong with it


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        ("ducklake:postgres://me:secret@host/db", "it holds a password"),
        ("ducklake:postgres://host", "names no database"),
        ("ducklake:postgres://host:port/db", "Port could not be cast"),
        ("ducklake:mysql://host/db", "neither postgres://"),
        ("ducklake:lake.duckdb", r"a file that ends in \.ducklake"),
        ("ducklake:a.ducklake?path=b", "the parameter 'path' is not known; allowed are data_path, schema"),
        ("ducklake:a.ducklake?schema=My-Lab", "the schema 'My-Lab' is no name"),
        ("ducklake:a.ducklake?data_path=http://host/x", "neither a folder nor one of s3://"),
        ("ducklake:a.ducklake?data_path", "is not of the form name=value"),
    ],
)
def test_a_wrong_url_is_told_before_anything_is_done(url: str, problem: str, workshop: Workshop) -> None:
    with pytest.raises(LakeAddressError, match=problem) as caught:
        parse_address(url, workshop.folder)
    assert "secret" not in str(caught.value)
    workshop.write_study(f'warehouse = "{url}"\n{STUDY}')
    with pytest.raises(MirageError, match=problem):
        workshop.study()


def test_urls_become_what_ducklake_attaches(tmp_path: Path) -> None:
    found = parse_address(
        "ducklake:postgres://ann@db.lab:5433/evals?data_path=s3://b/f&schema=ann&sslmode=require", tmp_path
    )
    assert found.catalog == "postgres:dbname=evals connect_timeout=10 host=db.lab user=ann port=5433 sslmode=require"
    assert (found.data_path, found.schema, found.shown) == ("s3://b/f/", "ann", "postgres://ann@db.lab:5433/evals")
    file = parse_address("ducklake:x/a.ducklake", tmp_path)
    assert (file.catalog, file.data_path) == (f"{tmp_path}/x/a.ducklake", f"{tmp_path}/x/a.ducklake.files/")


def refused(url: str, folder: Path, *, read_only: bool = False) -> LakeError:
    with pytest.raises(LakeError) as caught:
        attach(parse_address(url, folder), read_only=read_only).close()
    return caught.value


def test_a_catalogue_that_is_down(postgres: Server, tmp_path: Path) -> None:
    error = refused("ducklake:postgres://127.0.0.1:1/db?data_path=rows", tmp_path)
    assert isinstance(error, LakeUnreachableError)
    assert "start PostgreSQL or mend the address" in str(error)


def test_a_catalogue_that_goes_away_in_a_run(
    postgres: Server, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    def without_server(bench: Bench) -> None:
        postgres.stop()
        bench.con.execute("DELETE FROM run").fetchall()

    workshop.fill(["add"])
    workshop.write_study(f'warehouse = "ducklake:{postgres.new_database("downtime")}?data_path=rows"\n{STUDY}')
    monkeypatch.setattr("flows.session.score", without_server)
    try:
        with pytest.raises(LakeUnreachableError, match="give the same command again: what was committed stays"):
            workshop.run(("pull", "score"))
    finally:
        postgres.start()
    assert workshop.run(("pull",)).did_nothing
    assert workshop.rows("SELECT count(*) FROM sample") == [(80,)]


def test_databases_and_users_that_are_not_there(postgres: Server, tmp_path: Path) -> None:
    url = postgres.new_database("rights")
    assert isinstance(refused(f"ducklake:{url}x?data_path=rows", tmp_path), LakeMissingError)
    stranger = url.replace("mirage@", "nobody@")
    assert isinstance(refused(f"ducklake:{stranger}?data_path=rows", tmp_path), LakePermissionError)
    postgres.sql("CREATE ROLE weak LOGIN")
    weak = refused(f"ducklake:{url.replace('mirage@', 'weak@')}?data_path=rows", tmp_path)
    assert isinstance(weak, LakePermissionError)
    assert "grant CREATE on the schema public" in str(weak)


def test_places_that_do_not_fit(postgres: Server, tmp_path: Path) -> None:
    url = f"ducklake:{postgres.new_database('places')}"
    assert isinstance(refused(url, tmp_path, read_only=True), LakeMissingError)
    assert "add ?data_path=FOLDER" in str(refused(url, tmp_path))
    attach(parse_address(f"{url}?data_path=rows", tmp_path), read_only=False).close()
    assert "it keeps its rows elsewhere" in str(refused(f"{url}?data_path=other", tmp_path))
    assert "it has no schema 'nobody'" in str(refused(f"{url}?schema=nobody", tmp_path, read_only=True))
    postgres.sql("UPDATE ducklake_metadata SET value = '9.9' WHERE key = 'version'", "places")
    assert "another version of DuckLake made it" in str(refused(url, tmp_path))


def test_rows_that_are_gone_and_a_newer_program(tmp_path: Path) -> None:
    link = lake_in_file(tmp_path)
    with closing(open_warehouse(link)) as con:
        make.fill(con)
        found = con.sql("SELECT * FROM sample ORDER BY run_id, item_id, repeat").pl()
    wanted = make.samples().sort("run_id", "item_id", "repeat")
    assert found.select(wanted.columns).rows() == wanted.rows()
    (tmp_path / "rows").rename(tmp_path / "elsewhere")
    with pytest.raises(LakeMissingError, match="rows are not where the catalogue says"):
        open_warehouse(link, read_only=True)
    (tmp_path / "elsewhere").rename(tmp_path / "rows")
    with closing(open_warehouse(link)) as con:
        con.execute("INSERT INTO migration VALUES (9999, '9999_later', now()::TIMESTAMP)")
    with pytest.raises(WarehouseError, match="which does not know 9999_later"):
        open_warehouse(link)


def test_a_data_path_that_goes_away_between_stages(workshop: Workshop) -> None:
    workshop.fill()
    workshop.write_study(f'warehouse = "ducklake:out/small.ducklake?data_path=rows"\n{STUDY}')
    workshop.run(("pull",))
    (workshop.folder / "rows").rename(workshop.folder / "elsewhere")
    with pytest.raises(LakeMissingError, match=r"rows are not where the catalogue says.*mount or restore that place"):
        workshop.run(("score",))
    assert not (workshop.folder / "rows").exists()
    (workshop.folder / "elsewhere").rename(workshop.folder / "rows")
    assert workshop.rows("SELECT count(*) FROM score") == [(0,)]
    outcome = workshop.run(("score",))
    assert outcome.scored is not None
    assert outcome.scored.n_runs == 8


def test_a_data_path_that_may_not_be_written(workshop: Workshop) -> None:
    workshop.fill()
    workshop.write_study(f'warehouse = "ducklake:out/small.ducklake?data_path=/proc/rows"\n{STUDY}')
    with pytest.raises(LakeError, match="/proc/rows"):
        workshop.run(("pull",))
    with closing(
        attach(parse_address("ducklake:out/small.ducklake?data_path=/proc/rows", workshop.folder), read_only=True)
    ) as con:
        assert con.execute("SELECT count(*) FROM duckdb_tables() WHERE database_name = 'lake'").fetchall() == [(0,)]


def test_a_file_that_is_no_catalogue(tmp_path: Path) -> None:
    (tmp_path / "a.ducklake").write_text("no catalogue at all" * 999)
    assert isinstance(refused("ducklake:a.ducklake", tmp_path), LakeFormatError)


def test_a_catalogue_file_has_one_user_at_a_time(tmp_path: Path) -> None:
    with closing(attach(parse_address("ducklake:a.ducklake", tmp_path), read_only=False)):
        assert isinstance(refused("ducklake:a.ducklake", tmp_path), LakeBusyError)


def test_an_extension_that_is_not_to_be_had(tmp_path: Path) -> None:
    with duckdb.connect() as con:
        con.execute(f"SET custom_extension_repository = '{tmp_path}'")
        con.execute(f"SET extension_directory = '{tmp_path}'")
        with pytest.raises(ExtensionError, match="install it with the extra `scale`"):
            load_extension(con, "delta")


def test_an_extension_without_a_wheel_is_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From where DuckDB is told to get extensions; here a folder laid out as its own repository is."""
    wheel = extensions._in_wheel("ducklake")
    assert wheel is not None
    with duckdb.connect() as con:
        [(platform,)] = con.execute("PRAGMA platform").fetchall()
        offered = tmp_path / "repository" / f"v{duckdb.__version__}" / platform
        offered.mkdir(parents=True)
        shutil.copyfile(wheel, offered / "ducklake.duckdb_extension")
        monkeypatch.setattr(extensions, "_in_wheel", lambda name: None)
        con.execute(f"SET custom_extension_repository = '{tmp_path / 'repository'}'")
        con.execute(f"SET extension_directory = '{tmp_path / 'installed'}'")
        load_extension(con, "ducklake")
        con.execute(f"ATTACH 'ducklake:{tmp_path}/a.ducklake' AS a")
    assert list(tmp_path.glob("installed/**/ducklake.duckdb_extension"))


def test_links_that_lead_nowhere(tmp_path: Path) -> None:
    with pytest.raises(WarehouseError, match="there is no such file"):
        open_warehouse(tmp_path / "a.lake")
    (tmp_path / "b.lake").write_text("[]")
    with pytest.raises(WarehouseError, match="it does not lead to a lake"):
        open_warehouse(tmp_path / "b.lake")
