"""Publish: a read-only snapshot for readers, then the pages that are made from it."""

from __future__ import annotations

import datetime as dt
import json
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import duckdb

from flows.bench import Bench, Progress
from flows.service.record import replace_text
from flows.statements import sql
from flows.study import Study
from flows.version import program_version
from metrics.errors import MirageError
from reports.digest import digest
from warehouse.db import open_warehouse, published_path
from warehouse.db import publish as publish_snapshot
from warehouse.errors import WarehouseError
from warehouse.lake.link import is_link, keep_state, read_link
from warehouse.lake.publication import is_there

STAGE = "publish"
PAGES = "report"
STAMP = ".pages.json"
INDEX = "index.html"


@dataclass(frozen=True)
class Published:
    """The snapshot that readers see.

    Attributes:
        generation: Its number.
        path: The file.
        is_new: Made now; else the last one still holds.
    """

    generation: int
    path: Path
    is_new: bool

    def __str__(self) -> str:
        return f"snapshot {self.generation}" + ("" if self.is_new else " still holds")


@dataclass(frozen=True)
class Pages:
    """The pages that people open.

    Attributes:
        index: The page to open first.
        n_written: Pages written now; the others still hold.
    """

    index: Path
    n_written: int

    @property
    def is_new(self) -> bool:
        """Something was written now."""
        return self.n_written > 0

    def __str__(self) -> str:
        return f"{self.n_written:,} pages written" if self.n_written else "pages up to date"


def publish(bench: Bench) -> Published:
    """Replace the snapshot where the warehouse holds something else by now."""
    path = bench.study.warehouse_path
    snapshot = published_path(path)
    generation = _generation_if_equal(bench.con, snapshot)
    if generation is not None:
        return Published(generation, snapshot, is_new=False)
    now = bench.now.replace(tzinfo=dt.UTC)
    generation = publish_snapshot(bench.con, path, snapshot, now, program_version())
    if is_link(snapshot):
        keep_state(snapshot, _state(bench.con))
    return Published(generation, snapshot, is_new=True)


def _generation_if_equal(con: duckdb.DuckDBPyConnection, snapshot: Path) -> int | None:
    """Number of the snapshot, where it holds what the warehouse holds."""
    if not snapshot.exists():
        return None
    if is_link(snapshot):
        try:
            link = read_link(snapshot)
        except WarehouseError:
            return None
        return link.generation if link.state == _state(con) and is_there(con, link.version) else None
    try:
        with closing(open_warehouse(snapshot, read_only=True)) as published:
            if _state(published) != _state(con):
                return None
            row = published.execute("SELECT max(generation) FROM publication").fetchone()
    except (WarehouseError, duckdb.Error):
        # A snapshot that cannot be read is replaced like one that is out of date.
        return None
    return None if row is None else row[0]


def _state(con: duckdb.DuckDBPyConnection) -> str:
    row = con.execute(sql("state")).fetchone()
    assert row is not None
    return str(row[0])


def write_pages(study: Study, published: Published, progress: Progress) -> Pages:
    """Write the pages from the snapshot, where they show another one or are not whole."""
    folder = study.reports_path
    index, stamp = folder / INDEX, folder / STAMP
    wanted = {
        "generation": published.generation,
        "study": study.fingerprint,
        "program": program_version(),
        "drawn_by": digest(),
        "name": study.name,
        "warehouse": study.warehouse,
    }
    found = _read_stamp(stamp)
    if index.exists() and found == wanted:
        return Pages(index, 0)
    _refuse_other_study(found, study)
    # Altair and Jinja2 are slow to import, and a run that changes nothing needs neither.
    from reports.site import build_site

    progress.start(PAGES, 0)
    stamp.unlink(missing_ok=True)
    with closing(open_warehouse(published.path, read_only=True)) as con:
        built = build_site(con, folder, now=dt.datetime.now(dt.UTC), program_version=program_version())
    pages = Pages(built.index, len(built.written))
    replace_text(stamp, json.dumps(wanted))
    progress.finish(PAGES, str(pages))
    return pages


def _read_stamp(path: Path) -> dict[str, object]:
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _refuse_other_study(stamp: dict[str, object], study: Study) -> None:
    """Pages of another study would be removed as stale.

    Raises:
        MirageError: The folder holds the pages of a study with another name and another warehouse.
    """
    name, warehouse = stamp.get("name", study.name), stamp.get("warehouse", study.warehouse)
    if name != study.name and warehouse != study.warehouse:
        raise MirageError(
            f"{study.reports_path} holds the pages of the study {name!r} (warehouse {warehouse}); "
            f"name another folder as `reports` in {study.path}, or remove that one"
        )
