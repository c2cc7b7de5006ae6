"""Write the pages of a published snapshot: the atlas and one page a ladder, each whole or not at all."""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

import duckdb

from reports import queries
from reports.assets import SHARED_FOLDER, assets, bundle, digest, stylesheet
from reports.atlas_page import AtlasData, atlas_html, read_atlas, ruler_shares
from reports.data import read_ladders
from reports.errors import ReportError
from reports.feed import MOST_ENTRIES, atom_feed
from reports.ladder_page import ladder_html
from reports.payload import to_json
from reports.study_report import MEANS, TABLES, Entry, as_json, as_markdown, entry, study_report
from reports.templating import plain_page

MANIFEST = "pages.json"
LADDERS = "ladders"
STUDY = ("report.html", "report.md", "report.json", "feed.xml")
SLUG_LENGTH = 60


@dataclass(frozen=True)
class SiteResult:
    """What a build did.

    Attributes:
        index: The atlas, the page to open.
        n_pages: Pages of the site, atlas included.
        written: Pages written now, relative to the folder.
        removed: Pages of ladders that are no more, removed now.
        largest_page: Bytes of the largest page.
    """

    index: Path
    n_pages: int
    written: tuple[str, ...]
    removed: tuple[str, ...]
    largest_page: int


def slug(ladder_id: str, family: str, task_id: str) -> str:
    """File name of a ladder's page, without suffix: only a-z, 0-9 and dashes, unique, the same in every build."""
    words = re.sub(r"[^a-z0-9]+", "-", f"{task_id} {family}".lower()).strip("-")[:SLUG_LENGTH].strip("-")
    digest = hashlib.sha256(ladder_id.encode()).hexdigest()[:8]
    return f"{words}-{digest}" if words else digest


def build_site(
    con: duckdb.DuckDBPyConnection,
    folder: Path,
    *,
    now: datetime,
    program_version: str,
    only_changed: bool = True,
    shared_assets: bool = False,
) -> SiteResult:
    """Write ``index.html`` and ``ladders/<slug>.html``.

    A page is made under a temporary name and renamed, so a reader sees the old page or the new one. A ladder whose
    rows did not change since the last build is not even read, and the atlas is rewritten only if it differs.

    Args:
        con: The published snapshot, open for reading.
        folder: Where the pages go; made if absent. Files of other programs in it are left alone.
        now: Time of the build, in the atlas.
        program_version: Shown on every page.
        only_changed: Leave unchanged pages as they are; False writes all of them again.
        shared_assets: Put style and drawing library beside the pages instead of into each.

    Raises:
        ReportError: The folder cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        return _Build(con, folder, now, program_version, only_changed, shared_assets).run()
    except OSError as error:
        raise ReportError(f"pages: cannot write to {folder} ({error}); name another folder or free space") from error


class _Build:
    """The steps of one build, around the manifest of what was written before."""

    def __init__(
        self,
        con: duckdb.DuckDBPyConnection,
        folder: Path,
        now: datetime,
        program_version: str,
        only_changed: bool,
        shared_assets: bool,
    ) -> None:
        self.con, self.folder, self.now, self.program_version = con, folder, now, program_version
        self.shared_assets = shared_assets
        self.before = _read_manifest(folder / MANIFEST) if only_changed else {}
        self.after: dict[str, str] = {}
        self.written: list[str] = []
        self.entries: dict[str, Entry] = {}

    @cached_property
    def read(self) -> AtlasData:
        """What the atlas and the study report read of all ladders."""
        return read_atlas(self.con)

    def run(self) -> SiteResult:
        if self.shared_assets:
            self._put(f"{SHARED_FOLDER}/mirage.css", stylesheet())
            self._put(f"{SHARED_FOLDER}/vega.js", bundle())
        slugs = self._ladders()
        self._atlas(slugs)
        self._study(slugs)
        removed = self._remove_stale(slugs)
        _write(self.folder / MANIFEST, json.dumps(self.after, indent=0, sort_keys=True))
        pages = ["index.html", *(f"{LADDERS}/{name}.html" for name in slugs.values())]
        largest = max((self.folder / page).stat().st_size for page in pages)
        return SiteResult(self.folder / "index.html", len(pages), tuple(self.written), removed, largest)

    def _ladders(self) -> dict[str, str]:
        shared = f"../{SHARED_FOLDER}" if self.shared_assets else None
        rows = [row for row in queries.view_rows(self.con, "ladder_overview") if row["verdict"]]
        slugs = {row["ladder_id"]: slug(row["ladder_id"], row["family"], row["task_id"]) for row in rows}
        keys = {row["ladder_id"]: self._ladder_key(row) for row in rows}
        stale = [
            ladder_id
            for ladder_id, name in slugs.items()
            if not self._is_current(f"{LADDERS}/{name}.html", keys[ladder_id])
        ]
        (self.folder / LADDERS).mkdir(exist_ok=True)
        for ladder in read_ladders(self.con, stale):
            name = slugs[ladder.ladder_id]
            page = ladder_html(ladder, name, assets("ladder"), shared, f"mirage {self.program_version}.")
            self._put(f"{LADDERS}/{name}.html", page, keys[ladder.ladder_id])
            self.entries[ladder.ladder_id] = entry(ladder, f"{LADDERS}/{name}.html")
        return slugs

    def _ladder_key(self, row: Mapping[str, object]) -> str:
        """Hash of everything a ladder's page depends on."""
        parts = [digest(), self.program_version, self.shared_assets, sorted((k, str(v)) for k, v in row.items())]
        return _hash(json.dumps(parts))

    def _is_current(self, page: str, key: str) -> bool:
        if self.before.get(page) != key or not (self.folder / page).is_file():
            return False
        self.after[page] = key
        return True

    def _atlas(self, slugs: Mapping[str, str]) -> None:
        shared = SHARED_FOLDER if self.shared_assets else None

        read = self.read
        # the time of the build alone is no reason to write the atlas again
        key = _hash(repr([digest(), self.program_version, self.shared_assets, read]))
        if not self._is_current("index.html", key):
            made = self.now.strftime("%Y-%m-%d %H:%M")
            page = atlas_html(read, slugs, assets("atlas"), shared, f"mirage {self.program_version}, {made} UTC.")
            self._put("index.html", page, key)

    def _study(self, slugs: Mapping[str, str]) -> None:
        """The study report in three forms and the feed, where a ladder's page or a publication changed."""
        urls = {ladder_id: f"{LADDERS}/{name}.html" for ladder_id, name in slugs.items()}
        history = queries.rows(self.con, "verdict_history", most=MOST_ENTRIES)
        pages = sorted((page, key) for page, key in self.after.items() if page.startswith(f"{LADDERS}/"))
        key = _hash(repr([digest(), self.program_version, pages, history]))
        current = {page: self._is_current(page, key) for page in STUDY}
        if all(current.values()):
            return
        unread = [ladder_id for ladder_id in slugs if ladder_id not in self.entries]
        for ladder in read_ladders(self.con, unread, only=TABLES):
            self.entries[ladder.ladder_id] = entry(ladder, urls[ladder.ladder_id])
        entries = [self.entries[ladder_id] for ladder_id in slugs]
        report = study_report(entries, ruler_shares(self.read))
        names = {found.ladder_id: f"{found.title}, {found.family}" for found in entries}
        generation = f"mirage {self.program_version}."
        page = plain_page("study.html.j2", report=report, css=stylesheet(), means=MEANS, generation=generation)
        made = (page, as_markdown(report), to_json(as_json(report)), atom_feed(history, names, urls))
        for name, text in zip(STUDY, made, strict=True):
            self._put(name, text, key)

    def _put(self, page: str, text: str, key: str | None = None) -> None:
        """Write a file unless it is known to hold this already."""
        key = key or _hash(text)
        if not self._is_current(page, key):
            _write(self.folder / page, text)
            self.after[page] = key
            self.written.append(page)

    def _remove_stale(self, slugs: Mapping[str, str]) -> tuple[str, ...]:
        """Pages this program wrote for ladders that are no more."""
        known = {f"{LADDERS}/{name}.html" for name in slugs.values()}
        listed = _read_manifest(self.folder / MANIFEST)
        stale = sorted(page for page in listed if page.startswith(f"{LADDERS}/") and page not in known)
        for page in stale:
            (self.folder / page).unlink(missing_ok=True)
        return tuple(stale)


def _read_manifest(path: Path) -> dict[str, str]:
    """Page to key, as the last build left it; empty where there is none or it is damaged."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return {str(page): str(key) for page, key in found.items()} if isinstance(found, dict) else {}


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "backslashreplace")).hexdigest()


def _write(path: Path, text: str) -> None:
    """Whole or not at all: a temporary file beside it, flushed, then renamed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("w", encoding="utf-8", errors="backslashreplace", newline="\n") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
