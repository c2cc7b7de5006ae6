from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pytest
from playwright.sync_api import Browser, ConsoleMessage, Page, Request, sync_playwright

from reports.data import LadderData, read_ladders
from reports.site import SiteResult, build_site, slug
from tests.reports import study
from warehouse.db import open_warehouse, publish

CHROMIUM = Path("/usr/bin/chromium")
SWITCHES = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
WIDE = "document.documentElement.scrollWidth <= innerWidth"
NOW = dt.datetime(2026, 11, 23, 14, 0)


@pytest.fixture(scope="session")
def snapshot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The published snapshot of the made-up study."""
    folder = tmp_path_factory.mktemp("study")
    con = open_warehouse(folder / "w.duckdb")
    study.fill(con)
    publish(con, folder / "w.duckdb", folder / "w.published.duckdb", NOW, "test")
    con.close()
    return folder / "w.published.duckdb"


@pytest.fixture(scope="session")
def published(snapshot: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    con = open_warehouse(snapshot, read_only=True)
    yield con
    con.close()


@pytest.fixture(scope="session")
def ladders(published: duckdb.DuckDBPyConnection) -> dict[str, LadderData]:
    """Ladders of the study by task."""
    tasks = {study.ladder_id(case.task): case.task for case in study.CASES}
    return {tasks[ladder.ladder_id]: ladder for ladder in read_ladders(published, list(tasks))}


@dataclass(frozen=True)
class Site:
    """The built pages."""

    folder: Path
    result: SiteResult

    def ladder(self, task: str) -> Path:
        case = study.BY_TASK[task]
        return self.folder / "ladders" / f"{slug(study.ladder_id(task), case.family, task)}.html"


@pytest.fixture(scope="session")
def site(published: duckdb.DuckDBPyConnection, tmp_path_factory: pytest.TempPathFactory) -> Site:
    folder = tmp_path_factory.mktemp("site")
    return Site(folder, build_site(published, folder, now=NOW, program_version="test"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.fail(f"{CHROMIUM} is missing: apt-get update && apt-get install -y chromium")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=str(CHROMIUM), args=SWITCHES)
        yield found
        found.close()


def wait_until(page: Page, expression: str, seconds: float = 15.0) -> None:
    """Poll from outside: Playwright's own polling needs the unsafe-eval that the pages' policy forbids."""
    end = time.monotonic() + seconds
    while not page.evaluate(expression):
        assert time.monotonic() < end, f"not true after {seconds} s: {expression}"
        page.wait_for_timeout(25)


@dataclass
class Visit:
    """An open page and everything it complained about."""

    page: Page
    complaints: list[str] = field(default_factory=list)

    def watch(self) -> None:
        def console(message: ConsoleMessage) -> None:
            self.complaints.append(f"console {message.type}: {message.text}")

        def request(found: Request) -> None:
            if not found.url.startswith(("file:", "blob:", "data:")):
                self.complaints.append(f"request: {found.url}")

        self.page.on("console", console)
        self.page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        self.page.on("request", request)

    def open(self, path: Path, fragment: str = "") -> Page:
        self.page.goto(path.as_uri() + fragment)
        wait_until(self.page, "document.documentElement.dataset.ready !== undefined")
        return self.page

    def draw_all(self) -> None:
        self.page.evaluate("document.documentElement.dispatchEvent(new Event('draw-all'))")
        wait_until(self.page, "document.documentElement.dataset.drawn === 'all'")


def _visit(browser: Browser, **options: object) -> Iterator[Visit]:
    context = browser.new_context(accept_downloads=True, **options)  # type: ignore[arg-type]
    context.set_default_timeout(15_000)
    visit = Visit(context.new_page())
    visit.watch()
    yield visit
    context.close()
    assert visit.complaints == []


@pytest.fixture
def visit(browser: Browser) -> Iterator[Visit]:
    """A wide light window; the test fails if the page complains of anything."""
    yield from _visit(browser, viewport={"width": 1280, "height": 900}, color_scheme="light")


@pytest.fixture
def phone(browser: Browser) -> Iterator[Visit]:
    yield from _visit(browser, viewport={"width": 390, "height": 844}, color_scheme="light")


@pytest.fixture
def dark(browser: Browser) -> Iterator[Visit]:
    yield from _visit(browser, viewport={"width": 1280, "height": 900}, color_scheme="dark")
