"""CPU time and size of the pages of many ladders, and how quickly the atlas opens and filters in a browser.

    OMP_NUM_THREADS=1 POLARS_MAX_THREADS=2 python benchmarks/report_speed.py [--smoke] [--ladders N] [--snapshot FILE]

The ladders are copies of those of the embedded study under other names, on the same outputs; the study is run first
unless a snapshot is named. Times are CPU seconds of this process; those of the browser are wall time, on the machine
as it is.
"""

from __future__ import annotations

import argparse
import datetime as dt
import shutil
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import duckdb

from flows.bench import Silent
from flows.session import run_direct
from flows.study_file import load_study
from reports.pdf import browser
from reports.site import SiteResult, build_site
from warehouse.db import open_warehouse, published_path
from warehouse.keys import KEYS
from warehouse.resources import identifier

NOW = dt.datetime(2026, 11, 23)
NOT_COPIED = {"publication_verdict", "finding"}


def embedded_snapshot(folder: Path) -> Path:
    """Run the embedded study in a folder and return its snapshot."""
    study = load_study(None).model_copy(update={"output_folder": folder})
    run_direct(study, Silent(), None, ("pull", "score", "analyze", "report"))
    return published_path(study.warehouse_path)


def grown(snapshot: Path, target: Path, n_ladders: int) -> Path:
    """A copy of a snapshot with that many ladders, each a copy of one of its own under another name."""
    shutil.copy(snapshot, target)
    with closing(open_warehouse(target)) as con:
        first = [row[0] for row in con.execute("SELECT ladder_id FROM ladder ORDER BY ladder_id").fetchall()]
        copies = -(-n_ladders // len(first))
        con.execute(
            "CREATE TEMP TABLE kept AS SELECT ladder_id, i FROM ladder, range(1, $copies) AS t(i) "
            "ORDER BY i, ladder_id LIMIT $n",
            {"copies": copies + 1, "n": n_ladders - len(first)},
        )
        for table, key in KEYS.items():
            if "ladder_id" in key and table not in NOT_COPIED:
                _copy(con, table)
    return target


def _copy(con: duckdb.DuckDBPyConnection, table: str) -> None:
    name = identifier(table)
    con.execute(
        f"INSERT INTO {name} SELECT t.* REPLACE (t.ladder_id || ' copy ' || k.i AS ladder_id) "
        f"FROM {name} AS t JOIN kept AS k ON k.ladder_id = t.ladder_id"
    )


def cpu(work: Callable[[], SiteResult]) -> tuple[float, SiteResult]:
    """CPU seconds of a build, and its result."""
    start = time.process_time()
    found = work()
    return time.process_time() - start, found


def measure(snapshot: Path, folder: Path) -> None:
    """Build, build again, change one ladder, build with shared assets; print what each costs."""
    with closing(open_warehouse(snapshot, read_only=True)) as con:

        def build(place: str, shared: bool = False) -> SiteResult:
            return build_site(con, folder / place, now=NOW, program_version="bench", shared_assets=shared)

        seconds, found = cpu(lambda: build("whole"))
        report("self-contained", seconds, found)
        report("nothing changed", *cpu(lambda: build("whole")))
        report("shared assets", *cpu(lambda: build("shared", shared=True)))
    with closing(open_warehouse(snapshot)) as con:
        con.execute("UPDATE verdict SET reason = 'changed' WHERE ladder_id = (SELECT min(ladder_id) FROM ladder)")
    with closing(open_warehouse(snapshot, read_only=True)) as con:
        report("one verdict changed", *cpu(lambda: build_site(con, folder / "whole", now=NOW, program_version="bench")))
    atlas = folder / "whole" / "index.html"
    print(f"atlas: {atlas.stat().st_size / 1e6:.2f} MB (bar 6)")
    in_browser(atlas)


def report(name: str, seconds: float, found: SiteResult) -> None:
    """One line."""
    print(
        f"{name:20s} {seconds:7.2f} s of CPU, {found.n_pages} pages, {len(found.written)} files written, "
        f"largest {found.largest_page / 1e6:.3f} MB"
    )


def in_browser(atlas: Path) -> None:
    """Open the atlas in headless Chromium, where there is one, and filter it."""
    try:
        from playwright.sync_api import sync_playwright

        program = browser()
    except Exception as error:
        print(f"not measured in a browser: {error}")
        return
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=str(program), args=["--headless", "--no-sandbox"])
        page = chromium.new_page(viewport={"width": 1280, "height": 900})
        session = page.context.new_cdp_session(page)
        session.send("Performance.enable")

        def renderer() -> float:
            """CPU seconds of the process that shows the page; what the machine does beside counts in no CPU time."""
            found = session.send("Performance.getMetrics")["metrics"]
            return float(next(entry["value"] for entry in found if entry["name"] == "ProcessTime"))

        start = time.monotonic()
        page.goto(atlas.as_uri())
        while not page.evaluate("document.documentElement.dataset.ready !== undefined"):
            page.wait_for_timeout(10)
        opened, used = time.monotonic() - start, renderer()
        filters, before = [], renderer()
        for words in ("addition", "addition size", "chained", ""):
            page.fill("#find", words)
            page.wait_for_timeout(400)
            filters.append(float(page.evaluate("document.documentElement.dataset.filtered")))
        spent = (renderer() - before) / len(filters)
        print(
            f"opens in {opened:.2f} s (bar 2), {used:.2f} s of CPU; filters in {max(filters):.0f} ms (bar 100), "
            f"with the chart redrawn {1000 * spent:.0f} ms of CPU on average"
        )
        chromium.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--smoke", action="store_true", help="44 ladders instead of 1,000")
    parser.add_argument("--ladders", type=int, default=1000)
    parser.add_argument("--snapshot", type=Path, help="published snapshot to copy ladders of")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        snapshot = options.snapshot or embedded_snapshot(folder)
        wanted = 44 if options.smoke else options.ladders
        measure(grown(snapshot, folder / "grown.duckdb", wanted), folder)


if __name__ == "__main__":
    main()
