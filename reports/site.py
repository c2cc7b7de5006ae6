"""Write the pages of a published snapshot: the atlas and one page a ladder, each whole or not at all."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cached_property
from pathlib import Path

import duckdb

from reports import queries
from reports.assets import SHARED_FOLDER, assets, bundle, stylesheet
from reports.atlas_page import AtlasData, atlas_html, read_atlas, ruler_shares
from reports.data import read_ladders
from reports.digest import digest
from reports.empty_page import MOST_FINDINGS, empty_html
from reports.errors import ReportError
from reports.feed import MOST_ENTRIES, atom_feed
from reports.files import hash_of, read_object, write_whole
from reports.ladder_page import ladder_html
from reports.payload import to_json
from reports.stated import StatedTask, read_stated
from reports.stated_page import stated_html
from reports.study_report import TABLES, Entry, as_json, as_markdown, entry, study_report
from reports.templating import plain_page
from reports.verdicts import MEANS

MANIFEST = "pages.json"
ENTRIES = ".entries.json"
LADDERS = "ladders"
STATED = "stated"
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
        self.before = read_object(folder / MANIFEST) if only_changed else {}
        self.after: dict[str, str] = {}
        self.written: list[str] = []
        self.entries: dict[str, Entry] = {}

    @cached_property
    def read(self) -> AtlasData:
        """What the atlas and the study report read of all ladders."""
        return read_atlas(self.con)

    @cached_property
    def stated(self) -> dict[str, StatedTask]:
        """Tasks of which scores alone are stated, by page."""
        tasks = read_stated(self.con)
        return {f"{STATED}/{slug(repr(task.key), task.family, task.task)}.html": task for task in tasks}

    def run(self) -> SiteResult:
        if self.shared_assets:
            self._put(f"{SHARED_FOLDER}/mirage.css", stylesheet())
            self._put(f"{SHARED_FOLDER}/vega.js", bundle())
        slugs = self._ladders()
        self._stated()
        self._atlas(slugs)
        self._study(slugs)
        pages = ["index.html", *(f"{LADDERS}/{name}.html" for name in slugs.values()), *self.stated]
        removed = self._remove_stale(set(pages))
        write_whole(self.folder / MANIFEST, json.dumps(self.after, indent=0, sort_keys=True))
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
        return hash_of(json.dumps(parts))

    def _is_current(self, page: str, key: str) -> bool:
        if self.before.get(page) != key or not (self.folder / page).is_file():
            return False
        self.after[page] = key
        return True

    def _stated(self) -> None:
        """A page a task of which scores alone are stated."""
        shared = f"../{SHARED_FOLDER}" if self.shared_assets else None
        for page, task in self.stated.items():
            key = hash_of(repr([digest(), self.program_version, self.shared_assets, task]))
            if not self._is_current(page, key):
                name = Path(page).stem
                self._put(
                    page, stated_html(task, name, assets("stated"), shared, f"mirage {self.program_version}."), key
                )

    def _atlas(self, slugs: Mapping[str, str]) -> None:
        shared = SHARED_FOLDER if self.shared_assets else None

        read = self.read
        findings = [] if slugs else queries.rows(self.con, "first_findings", most=MOST_FINDINGS)
        # the time of the build alone is no reason to write the atlas again
        key = hash_of(
            repr([digest(), self.program_version, self.shared_assets, read, list(self.stated.items()), findings])
        )
        if not self._is_current("index.html", key):
            generation = f"mirage {self.program_version}, {self.now.strftime('%Y-%m-%d %H:%M')} UTC."
            if not slugs:
                self._put("index.html", empty_html(self.con, self.stated, generation), key)
                return
            page = atlas_html(read, slugs, assets("atlas"), shared, generation, self.stated)
            self._put("index.html", page, key)

    def _study(self, slugs: Mapping[str, str]) -> None:
        """The study report in three forms and the feed, where a ladder's page or a publication changed."""
        urls = {ladder_id: f"{LADDERS}/{name}.html" for ladder_id, name in slugs.items()}
        history = queries.rows(self.con, "verdict_history", most=MOST_ENTRIES)
        pages = sorted((page, key) for page, key in self.after.items() if page.startswith(f"{LADDERS}/"))
        key = hash_of(repr([digest(), self.program_version, pages, history, len(self.stated)]))
        current = {page: self._is_current(page, key) for page in STUDY}
        if all(current.values()):
            return
        self._entries(urls)
        entries = [self.entries[ladder_id] for ladder_id in slugs]
        report = study_report(entries, ruler_shares(self.read), len(self.stated))
        names = {found.ladder_id: f"{found.title}, {found.family}" for found in entries}
        generation = f"mirage {self.program_version}."
        page = plain_page("study.html.j2", report=report, css=stylesheet(), means=MEANS, generation=generation)
        made = (page, as_markdown(report), to_json(as_json(report)), atom_feed(history, names, urls))
        for name, text in zip(STUDY, made, strict=True):
            self._put(name, text, key)

    def _entries(self, urls: Mapping[str, str]) -> None:
        """What the report says of every ladder: as kept by the last build where its page is as it was, else read."""
        known = read_object(self.folder / ENTRIES)
        for ladder_id, page in urls.items():
            kept = known.get(ladder_id)
            if ladder_id not in self.entries and kept and kept["key"] == self.after[page]:
                self.entries[ladder_id] = Entry.from_json(kept["entry"])
        unread = [ladder_id for ladder_id in urls if ladder_id not in self.entries]
        for ladder in read_ladders(self.con, unread, only=TABLES):
            self.entries[ladder.ladder_id] = entry(ladder, urls[ladder.ladder_id])
        found = {name: {"key": self.after[page], "entry": asdict(self.entries[name])} for name, page in urls.items()}
        write_whole(self.folder / ENTRIES, json.dumps(found))

    def _put(self, page: str, text: str, key: str | None = None) -> None:
        """Write a file unless it is known to hold this already."""
        key = key or hash_of(text)
        if not self._is_current(page, key):
            write_whole(self.folder / page, text)
            self.after[page] = key
            self.written.append(page)

    def _remove_stale(self, known: Collection[str]) -> tuple[str, ...]:
        """Pages this program wrote for ladders that are no more."""
        listed = read_object(self.folder / MANIFEST)
        own = (f"{LADDERS}/", f"{STATED}/")
        stale = sorted(page for page in listed if page.startswith(own) and page not in known)
        for page in stale:
            (self.folder / page).unlink(missing_ok=True)
        return tuple(stale)
