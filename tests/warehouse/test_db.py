from __future__ import annotations

import datetime as dt
import os
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from tests.warehouse import make
from warehouse import query
from warehouse.db import (
    migrate,
    migrations,
    open_warehouse,
    publish,
    published_path,
    schema_version,
    transaction,
)
from warehouse.errors import (
    SchemaVersionError,
    WarehouseError,
    WarehouseFormatError,
    WarehouseLockedError,
    WarehouseMissingError,
    WarehousePermissionError,
)
from warehouse.keys import KEYS, WITHOUT_KEY

HOLD = """
import sys, duckdb
con = duckdb.connect(sys.argv[1])
print("held", flush=True)
sys.stdin.readline()
"""
TRY = """
import sys, duckdb
try:
    duckdb.connect(sys.argv[1])
    print("opened")
except duckdb.IOException:
    print("refused")
"""


def tables(con: duckdb.DuckDBPyConnection) -> set[str]:
    return {name for (name,) in con.execute("SELECT table_name FROM duckdb_tables()").fetchall()}


def test_a_new_file_has_every_declared_table(empty: duckdb.DuckDBPyConnection) -> None:
    assert tables(empty) == set(KEYS) | WITHOUT_KEY
    assert schema_version(empty) == max(migrations())


def test_migration_from_nothing_records_each_version() -> None:
    con = duckdb.connect()
    assert schema_version(con) == 0
    when = dt.datetime(2026, 1, 2, 3, 4, tzinfo=dt.UTC)
    assert migrate(con, now=when) == max(migrations())
    rows = con.execute("SELECT version, name, applied_at FROM migration ORDER BY version").fetchall()
    assert rows == [(version, name, when.replace(tzinfo=None)) for version, (name, _) in sorted(migrations().items())]
    con.close()


def test_migrating_twice_changes_nothing(filled: duckdb.DuckDBPyConnection) -> None:
    before = query.frame(filled, "migration"), query.frame(filled, "score")
    migrate(filled)
    assert query.frame(filled, "migration").equals(before[0])
    assert query.frame(filled, "score").equals(before[1])


def test_a_later_migration_keeps_the_data_and_a_backup(
    templates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "w.duckdb"
    shutil.copyfile(templates / "filled.duckdb", path)
    now = max(migrations())
    later = migrations() | {now + 1: ("later_note", "ALTER TABLE run ADD COLUMN note VARCHAR")}
    monkeypatch.setattr("warehouse.db.migrations", lambda: later)
    con = open_warehouse(path)
    assert schema_version(con) == now + 1
    assert con.execute("SELECT count(*), count(note) FROM run").fetchall()[0] == (12, 0)
    con.close()
    with duckdb.connect(str(tmp_path / f"w.backup-v{now}.duckdb"), read_only=True) as backup:
        assert backup.execute("SELECT max(version) FROM migration").fetchall()[0] == (now,)
        assert backup.execute("SELECT count(*) FROM sample").fetchall()[0] == (48,)


def test_a_failing_migration_leaves_the_version_before(
    templates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "w.duckdb"
    shutil.copyfile(templates / "filled.duckdb", path)
    now = max(migrations())
    text = "ALTER TABLE run ADD COLUMN note VARCHAR; SELECT nothing FROM nowhere"
    broken = migrations() | {now + 1: ("later_bad", text)}
    monkeypatch.setattr("warehouse.db.migrations", lambda: broken)
    with pytest.raises(duckdb.CatalogException):
        open_warehouse(path)
    monkeypatch.undo()
    con = open_warehouse(path)
    assert schema_version(con) == now
    assert "note" not in query.columns(con, "run")["column"].to_list()
    con.close()


def test_a_newer_schema_is_refused_by_both_versions(templates: Path, tmp_path: Path) -> None:
    path = tmp_path / "w.duckdb"
    shutil.copyfile(templates / "empty.duckdb", path)
    with duckdb.connect(str(path)) as con:
        con.execute("INSERT INTO migration VALUES (99, '0099_future', now()::TIMESTAMP)")
    for read_only in (False, True):
        with pytest.raises(
            SchemaVersionError, match=rf"version 99 is newer than this program's version {max(migrations())}"
        ):
            open_warehouse(path, read_only=read_only)


def test_an_older_schema_is_not_read_without_migration(
    templates: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "w.duckdb"
    shutil.copyfile(templates / "empty.duckdb", path)
    now = max(migrations())
    later = migrations() | {now + 1: ("later_note", "ALTER TABLE run ADD COLUMN note VARCHAR")}
    monkeypatch.setattr("warehouse.db.migrations", lambda: later)
    with pytest.raises(SchemaVersionError, match="older than"):
        open_warehouse(path, read_only=True)


def test_no_folder_and_no_file(tmp_path: Path) -> None:
    with pytest.raises(WarehouseMissingError, match="nowhere does not exist"):
        open_warehouse(tmp_path / "nowhere" / "w.duckdb")
    with pytest.raises(WarehouseMissingError, match="no such file"):
        open_warehouse(tmp_path / "w.duckdb", read_only=True)
    with pytest.raises(WarehouseFormatError, match="it is a folder"):
        open_warehouse(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_other_files_are_refused_and_left_alone(tmp_path: Path) -> None:
    text = tmp_path / "notes.duckdb"
    text.write_text("not a database " * 500)
    with pytest.raises(WarehouseFormatError, match="not a DuckDB file"):
        open_warehouse(text)
    assert text.read_text() == "not a database " * 500
    with duckdb.connect(str(tmp_path / "mine.duckdb")) as con:
        con.execute("CREATE TABLE invoices (x INTEGER)")
    with pytest.raises(WarehouseFormatError, match=r"tables of another program \(invoices\)"):
        open_warehouse(tmp_path / "mine.duckdb")


def test_a_folder_without_write_rights(tmp_path: Path) -> None:
    # the superuser may write anywhere but into the kernel's own file system
    folder = Path("/sys") if os.geteuid() == 0 else tmp_path / "locked"
    if folder != Path("/sys"):
        folder.mkdir(mode=0o500)
    with pytest.raises(WarehousePermissionError, match="may not be written"):
        open_warehouse(folder / "w.duckdb")


def test_a_file_held_by_another_process(templates: Path, tmp_path: Path) -> None:
    path = tmp_path / "w.duckdb"
    shutil.copyfile(templates / "empty.duckdb", path)
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(WarehouseLockedError, match=rf"another process has it open \(PID {holder.pid}\)"):
            open_warehouse(path)
        holder.communicate("\n")


def test_a_transaction_is_whole_or_not_there(empty: duckdb.DuckDBPyConnection) -> None:
    def half() -> None:
        with transaction(empty):
            empty.execute("INSERT INTO publication VALUES (1, now()::TIMESTAMP, 0, 0, 'x')")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        half()
    assert query.frame(empty, "publication").is_empty()
    with pytest.raises(duckdb.ConversionException), transaction(empty):
        empty.execute("SELECT 'x'::INTEGER").fetchall()
    with transaction(empty):
        empty.execute("INSERT INTO publication VALUES (1, now()::TIMESTAMP, 0, 0, 'x')")
    assert query.frame(empty, "publication").height == 1


def test_publishing_counts_generations_inside_the_snapshot(filled: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    path = tmp_path / "w.duckdb"
    snapshot = published_path(path)
    assert snapshot.name == "w.published.duckdb"
    assert publish(filled, path, snapshot, make.NOW, "0.1.0") == 1
    assert publish(filled, path, snapshot, make.NOW, "0.1.0") == 2
    con = open_warehouse(snapshot, read_only=True)
    assert con.execute("SELECT * FROM publication WHERE generation = 2").fetchall()[0] == (2, make.NOW, 12, 2, "0.1.0")
    assert query.frame(con, "score_long").equals(query.frame(filled, "score_long"))
    con.close()
    assert {entry.name for entry in tmp_path.iterdir()} <= {"w.duckdb", "w.duckdb.wal", "w.published.duckdb"}


def test_publishing_keeps_the_writers_lock(filled: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    path = tmp_path / "w.duckdb"
    publish(filled, path, published_path(path), make.NOW, "0.1.0")
    done = subprocess.run([sys.executable, "-c", TRY, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout == "refused\n"


def test_publishing_inside_a_foreign_transaction_is_refused(filled: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    path = tmp_path / "w.duckdb"
    publish(filled, path, published_path(path), make.NOW, "0.1.0")
    cursor = filled.cursor()
    cursor.execute("BEGIN")
    cursor.execute("UPDATE metric SET label = 'half done'")
    with pytest.raises(WarehouseError, match="another cursor"):
        publish(filled, path, published_path(path), make.NOW, "0.1.0")
    cursor.execute("ROLLBACK")
    with duckdb.connect(str(published_path(path)), read_only=True) as snapshot:
        assert snapshot.execute("SELECT max(generation) FROM publication").fetchall()[0] == (1,)


def test_a_failing_copy_leaves_the_old_snapshot(filled: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    path = tmp_path / "w.duckdb"
    snapshot = published_path(path)
    publish(filled, path, snapshot, make.NOW, "0.1.0")
    before = snapshot.read_bytes()
    with pytest.raises(WarehouseError, match="failed"):
        publish(filled, path, Path("/sys/w.published.duckdb"), make.NOW, "0.1.0")
    assert snapshot.read_bytes() == before


def test_publishing_removes_what_a_killed_copy_left(filled: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    path = tmp_path / "w.duckdb"
    left_over = tmp_path / ".w.published.duckdb.4711.tmp"
    left_over.write_bytes(b"half a copy")
    publish(filled, path, published_path(path), make.NOW, "0.1.0")
    assert not left_over.exists()


@pytest.mark.parametrize("size", [12, 4096, 8192])
def test_a_file_that_duckdb_could_not_finish_is_begun_anew(tmp_path: Path, size: int) -> None:
    whole, cut = tmp_path / "whole.duckdb", tmp_path / "cut.duckdb"
    duckdb.connect(str(whole)).close()
    cut.write_bytes(whole.read_bytes()[:size])
    with open_warehouse(cut) as con:
        assert con.execute("SELECT count(*) FROM run").fetchall() == [(0,)]
    short = tmp_path / "short.duckdb"
    short.write_bytes(b"12345678CATS")
    with pytest.raises(WarehouseFormatError):
        open_warehouse(short)
    assert short.read_bytes() == b"12345678CATS"
