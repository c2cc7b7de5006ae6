"""The study report as PDF, printed by a Chromium that is installed already; nothing is fetched."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from reports.errors import ReportError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "microsoft-edge")
BROWSER = "MIRAGE_BROWSER"
"""Environment variable that names the browser to print with; else the first of ``BROWSERS`` that is installed."""
SECONDS = 120.0

_SWITCHES = (
    "--headless",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-pdf-header-footer",
)


def browser() -> Path:
    """The browser that prints.

    Raises:
        ReportError: None is installed.
    """
    named = os.environ.get(BROWSER)
    found = shutil.which(named) if named else next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        tried = named or ", ".join(BROWSERS)
        raise ReportError(
            f"PDF: no browser to print with ({tried} not found); install Chromium, name one in {BROWSER}, or print "
            "report.html from any browser"
        )
    return Path(found)


def write_pdf(page: Path, target: Path) -> Path:
    """Print a page of this program to PDF, whole or not at all.

    Raises:
        ReportError: There is no browser or no page, or the browser printed nothing.
    """
    if not page.is_file():
        raise ReportError(f"PDF: there is no page {page}; make it with: mirage report")
    program = browser()
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=".pdf-") as name:
        part = Path(name) / "report.pdf"
        # a container's root has no sandbox; the page holds no script
        sandbox = ("--no-sandbox",) if hasattr(os, "geteuid") and os.geteuid() == 0 else ()
        command = [program, *_SWITCHES, *sandbox, f"--user-data-dir={name}/profile", f"--print-to-pdf={part}"]
        try:
            done = subprocess.run(
                [*map(str, command), page.resolve().as_uri()],
                capture_output=True,
                text=True,
                timeout=SECONDS,
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise ReportError(f"PDF: {program} did not print {page} ({error}); print it from any browser") from error
        if not part.is_file() or not part.read_bytes().startswith(b"%PDF"):
            last = (done.stderr.strip().splitlines() or ["no message"])[-1]
            raise ReportError(f"PDF: {program} printed nothing of {page} ({last}); print it from any browser")
        os.replace(part, target)
    return target
