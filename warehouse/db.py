"""Open, migrate and publish the warehouse file; one writer, any number of readers of the published snapshot."""

from __future__ import annotations

import datetime as dt
import os
import re
import subprocess
import sys
from collections.abc import Mapping
from contextlib import closing, suppress
from pathlib import Path

import duckdb

import warehouse.snapshot_copy
from warehouse import definitions
from warehouse.errors import (
    SchemaVersionError,
    WarehouseDamagedError,
    WarehouseError,
    WarehouseFileError,
    WarehouseFormatError,
    WarehouseLockedError,
    WarehouseMissingError,
    WarehousePermissionError,
)
from warehouse.fact_tables import install_facts
from warehouse.resources import folder, sql_files
from warehouse.transaction import transaction

__all__ = [
    "migrate",
    "migrations",
    "naive",
    "open_warehouse",
    "publish",
    "published_path",
    "schema_version",
    "transaction",
]

SUFFIX = ".duckdb"
LAKE_SUFFIX = ".lake"
"""Of the small file that leads to a lake (``warehouse.lake.link``) and stands wherever a warehouse file would."""
PUBLISHED = ".published"
FEW_CORES = 2
DAMAGED = ("Corrupt database file", "Could not read enough bytes")
MAGIC = b"DUCK"
HEADERS = 3 * 4096
"""Bytes of the headers of a DuckDB file; what is shorter has no block of data."""
# Files of this DuckDB version and later read it; it holds repeated texts in about half the room of older ones.
STORAGE_VERSION = "v1.3.0"
# From this average length a column of texts is compressed by zstd. DuckDB's own 4096 leaves chains of thought as they
# are: 11,500 of them took 29 MB, and 4.7 MB with this.
ZSTD_LENGTH = 100
LOG_LIMIT = "256MB"
"""Size of the write-ahead log at which a commit also checkpoints; DuckDB's own 16 MB do so at every other shard."""


def migrations() -> dict[int, tuple[str, str]]:
    """Name and SQL text of every migration of this program, by schema version."""
    return {int(name[:4]): (name, text) for name, text in sql_files(folder("migrations")).items()}


def published_path(path: Path) -> Path:
    """Where the snapshot of a working file lies: ``<name>.published.duckdb`` beside it, or ``….lake`` of a lake."""
    suffix = LAKE_SUFFIX if path.suffix == LAKE_SUFFIX else SUFFIX
    return path.with_name(path.name.removesuffix(suffix) + PUBLISHED + suffix)


def open_warehouse(
    path: Path | str, *, read_only: bool = False, threads: int | None = None, earlier_too: bool = False
) -> duckdb.DuckDBPyConnection:
    """Open a warehouse; a writable one is created or migrated to this program's schema first.

    An existing file is copied to ``<name>.backup-v<old version>.duckdb`` before it is migrated. Never open the
    file by other means (``open``, a hash) in the process that holds it: that would drop DuckDB's lock.

    Args:
        path: The file, ``:memory:``, or the link to a lake.
        read_only: Open for reading; nothing is created or migrated.
        threads: Threads of DuckDB; None: its own choice, but one on machines with up to two cores, where the second
            costs more than it gives (loading 300,000 samples took 0.9 s of CPU with one thread and 1.7 s with two).
        earlier_too: Read a file of an earlier schema as it is, with the tables, views and macros of then.

    Raises:
        WarehouseMissingError: The folder, or when reading the file, does not exist.
        WarehouseLockedError: Another process has it open for writing.
        WarehouseFormatError: It is no DuckDB file, or one with tables of somebody else.
        WarehouseDamagedError: It is cut short, or holds other bytes than were written.
        WarehousePermissionError: The folder or file may not be written.
        SchemaVersionError: Its schema is newer than this program, or older where it is only read and not
            ``earlier_too``.
        LakeError: The lake behind a link cannot be used.
    """
    path = Path(path)
    con = _connect(path, read_only=read_only)
    try:
        con.execute("SET autoinstall_known_extensions = false")
        con.execute("SET autoload_known_extensions = false")
        con.execute(f"SET zstd_min_string_length = {ZSTD_LENGTH}")
        con.execute(f"SET checkpoint_threshold = '{LOG_LIMIT}'")
        if threads is not None or (os.cpu_count() or 1) <= FEW_CORES:
            con.execute(f"SET threads = {int(threads or 1)}")
        done, known = _applied(con), migrations()
        strange, missing = sorted(set(done) - set(known)), set(known) - set(done)
        if strange or (read_only and missing and not (earlier_too and done)):
            raise SchemaVersionError(path, max(done, default=0), max(known), [done[step] for step in strange])
        if not done:
            _refuse_foreign(con, path)
        if not read_only:
            if done and missing and path.suffix != LAKE_SUFFIX:  # a lake keeps its earlier versions itself
                _back_up(con, path, max(done))
            migrate(con)
            if missing and path.suffix == LAKE_SUFFIX:
                _keep_texts_in_files(con)
    except BaseException:
        con.close()
        raise
    return con


def _keep_texts_in_files(con: duckdb.DuckDBPyConnection) -> None:
    from warehouse.lake.connect import keep_texts_in_files

    keep_texts_in_files(con)


def schema_version(con: duckdb.DuckDBPyConnection) -> int:
    """Schema version of an open file; 0 before the first migration."""
    return max(_applied(con), default=0)


def migrate(
    con: duckdb.DuckDBPyConnection, steps: Mapping[int, tuple[str, str]] | None = None, now: dt.datetime | None = None
) -> int:
    """Apply the migrations that the file lacks, all or none, and install views, macros and facts.

    Args:
        con: A writable connection.
        steps: Name and SQL by version; those of the program where None.
        now: Recorded as time of the migration (UTC); the clock where None.

    Returns:
        The schema version afterwards.
    """
    steps = migrations() if steps is None else steps
    now = now or dt.datetime.now(dt.UTC)
    missing = sorted(set(steps) - set(_applied(con)))
    if missing:
        # All in one: a new file that died half way would pass for one of an earlier program.
        with transaction(con):
            for step in missing:
                name, text = steps[step]
                con.execute(text)
                con.execute("INSERT INTO migration VALUES (?, ?, ?)", [step, name, naive(now)])
    # a view that reads all columns of a table does not survive a new one
    definitions.install(con, even_if_equal=bool(missing))
    install_facts(con)
    return schema_version(con)


def publish(con: duckdb.DuckDBPyConnection, path: Path, published: Path, now: dt.datetime, program_version: str) -> int:
    """Replace the published snapshot by a copy of the working file; readers of the old one are not disturbed.

    The copy is made under a temporary name in the same folder (a reflink where the file system has them), flushed,
    opened once to prove that it is whole, and renamed over the old snapshot. Killed at any moment, the old snapshot
    or the new one is there, never a part. No other cursor may be inside a transaction meanwhile.

    Args:
        con: The writer's connection.
        path: The working file behind ``con``.
        published: The snapshot, in the same folder.
        now: Time of publication (UTC).
        program_version: Recorded in the snapshot.

    Returns:
        The generation number, 1 for the first snapshot; it is inside the snapshot (table ``publication``).

    Raises:
        WarehouseError: A transaction is open elsewhere, the copy failed or does not hold the generation.
    """
    if path.suffix == LAKE_SUFFIX:
        from warehouse.lake.publication import publish_version

        return publish_version(con, path, published, naive(now), program_version)
    with transaction(con):
        [(generation,)] = con.execute(definitions.statement("publish"), [naive(now), program_version]).fetchall()
        con.execute(definitions.statement("publish_verdicts"), [generation])
    _checkpoint(con, path)
    _replace_by_copy(path, published, generation)
    return int(generation)


def naive(moment: dt.datetime) -> dt.datetime:
    """The moment in UTC without its zone, as the TIMESTAMP columns hold it; a naive moment is taken as UTC."""
    return moment.astimezone(dt.UTC).replace(tzinfo=None) if moment.tzinfo else moment


def _connect(path: Path, *, read_only: bool) -> duckdb.DuckDBPyConnection:
    if path.suffix == LAKE_SUFFIX:
        from warehouse.lake.connect import open_link

        return open_link(path, read_only=read_only)
    in_memory = str(path) == ":memory:"
    if not in_memory:
        if not path.parent.is_dir():
            raise WarehouseMissingError(path, f"the folder {path.parent} does not exist", "create it or name another")
        if path.is_dir():
            raise WarehouseFormatError(path, "it is a folder", f"name a file in it, such as {path / 'mirage.duckdb'}")
        if read_only and not path.exists():
            raise WarehouseMissingError(path, "there is no such file", "make it with mirage run, or name another")
        if not read_only:
            _remove_unborn(path)
    try:
        if read_only and not in_memory:
            return duckdb.connect(str(path), read_only=True)
        return duckdb.connect(str(path), config={"storage_compatibility_version": STORAGE_VERSION})
    except duckdb.Error as error:
        raise _explained(path, str(error)) from error


def _remove_unborn(path: Path) -> None:
    """Remove a file that DuckDB began and could not finish, on a full disk say; it holds no row, nor can be opened."""
    with suppress(OSError):
        if 0 < path.stat().st_size < HEADERS and path.read_bytes()[8:12] == MAGIC:
            path.unlink()


def _explained(path: Path, text: str) -> WarehouseFileError:
    """The error of this program that DuckDB's message stands for."""
    if "Could not set lock" in text or "Conflicting lock" in text:
        holder = re.search(r"\(PID \d+\)", text)
        return WarehouseLockedError(
            path,
            f"another process has it open {holder.group() if holder else ''}".rstrip(),
            f"wait for it, or read the snapshot {published_path(path)}",
        )
    if "version number" in text:
        return WarehouseFormatError(
            path,
            f"a newer DuckDB wrote it, this one is {duckdb.__version__}",
            "update mirage or write to another warehouse",
        )
    if "not a valid DuckDB" in text:
        return WarehouseFormatError(path, "it is not a DuckDB file", "name another file; this one was left as it is")
    if any(words in text for words in DAMAGED):
        other = published_path(path) if PUBLISHED not in path.name else path.with_name(path.name.replace(PUBLISHED, ""))
        return WarehouseDamagedError(
            path,
            f"it is damaged ({text.splitlines()[0]})",
            f"put it aside and copy {other} in its place, or have mirage run make a new one from the logs",
        )
    if any(words in text for words in ("Permission denied", "Read-only file system", "Operation not permitted")):
        return WarehousePermissionError(path, "it may not be written here", "change its rights or name another folder")
    return WarehouseFileError(path, text, "see the message of DuckDB")


def _applied(con: duckdb.DuckDBPyConnection) -> dict[int, str]:
    """Names of the migrations that an open file went through, by version."""
    if "migration" not in _tables(con):
        return {}
    return dict(con.execute("SELECT version, name FROM migration").fetchall())


def _tables(con: duckdb.DuckDBPyConnection) -> set[str]:
    rows = con.execute(
        "SELECT table_name FROM duckdb_tables() WHERE NOT internal AND NOT temporary AND schema_name = current_schema()"
    ).fetchall()
    return {name for (name,) in rows}


def _refuse_foreign(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    if foreign := sorted(_tables(con)):
        raise WarehouseFormatError(
            path, f"it holds tables of another program ({', '.join(foreign[:5])})", "name another file"
        )


def _checkpoint(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    try:
        con.execute("CHECKPOINT")
    except duckdb.TransactionException as error:
        raise WarehouseError(
            f"warehouse {path}: another cursor of this process is inside a transaction; end it, then publish"
        ) from error


def backups(path: Path) -> list[Path]:
    """Copies of a warehouse made before it was migrated, by schema version."""
    return sorted(path.parent.glob(f"{path.name.removesuffix(SUFFIX)}.backup-v*{SUFFIX}"))


def _back_up(con: duckdb.DuckDBPyConnection, path: Path, version: int) -> None:
    backup = path.with_name(f"{path.name.removesuffix(SUFFIX)}.backup-v{version}{SUFFIX}")
    _checkpoint(con, path)
    _replace_by_copy(path, backup, None)


def _replace_by_copy(source: Path, target: Path, generation: int | None) -> None:
    for left_over in target.parent.glob(f".{target.name}.*.tmp"):
        left_over.unlink(missing_ok=True)
    temporary = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    program = warehouse.snapshot_copy.__file__
    done = subprocess.run(
        [sys.executable, "-I", "-S", program, str(source), str(temporary)], capture_output=True, text=True, check=False
    )
    try:
        if done.returncode != 0:
            cause = done.stderr.strip().rpartition("\n")[2]
            raise WarehouseError(f"warehouse {source}: the copy to {target} failed ({cause}); free space or rights?")
        if generation is not None:
            _prove(temporary, generation)
        os.replace(temporary, target)
    finally:
        temporary.unlink(missing_ok=True)
    _flush_folder(target.parent)


def _prove(snapshot: Path, generation: int) -> None:
    try:
        with closing(duckdb.connect(str(snapshot), read_only=True)) as con:
            [(found,)] = con.execute("SELECT max(generation) FROM publication").fetchall()
    except duckdb.Error as error:
        raise WarehouseError(f"snapshot {snapshot}: the copy cannot be opened ({error}); publish again") from error
    if found != generation:
        raise WarehouseError(f"snapshot {snapshot}: holds generation {found}, not {generation}; publish again")


def _flush_folder(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
