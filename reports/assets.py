"""What all pages share: the drawing library, style sheet, scripts and chart specifications, and their hashes."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass
from functools import cache, cached_property
from importlib import resources
from typing import Any

import reports.charts  # noqa: F401 - fills the registry
from reports import theme
from reports.digest import digest
from reports.drawing_library import drawing_library, kept
from reports.interning import interned
from reports.payload import to_json
from reports.registry import CHARTS, Page

SCRIPTS: dict[Page, tuple[str, ...]] = {
    "ladder": (
        "common",
        "text",
        "draw",
        "export",
        "ladder-data",
        "point",
        "diff",
        "outputs",
        "forecast",
        "knob",
        "findings",
        "ladder",
    ),
    "atlas": ("common", "text", "draw", "export", "atlas-row", "atlas"),
    "stated": ("common", "text", "draw", "export", "stated"),
}
SHARED_FOLDER = "assets"
THEME_BOOT = (
    "try{const t=localStorage.getItem('theme');"
    "if(t==='light'||t==='dark')document.documentElement.dataset.theme=t}catch(e){}"
)


@dataclass(frozen=True)
class Assets:
    """Everything but the data of the pages of one kind.

    Attributes:
        css: Style sheet.
        bundle: Vega, Vega-Lite and vega-embed as one script.
        script: The page's own script.
        specs: Chart specifications as JSON, config once.
        boot: Script that applies the stored theme before anything is painted.
    """

    css: str
    bundle: str
    script: str
    specs: str
    boot: str

    @cached_property
    def script_hashes(self) -> str:
        """Source list of the security policy: these scripts and no other."""
        return " ".join(sha256_source(text) for text in (self.boot, self.bundle, self.script))


@cache
def assets(page: Page) -> Assets:
    """The assets of the pages of one kind, made once a process."""
    return Assets(stylesheet(), bundle(), script(page), specs(page), THEME_BOOT)


@cache
def bundle() -> str:
    """The drawing library, from the installed package; nothing is fetched."""
    return drawing_library()


@cache
def stylesheet() -> str:
    """All style sheets with the tokens of both skins; prints always use the light ones."""
    light, dark = theme.css_variables("light"), theme.css_variables("dark")
    fonts = f"--sans:{theme.SANS};--serif:{theme.SERIF};--mono:{theme.MONO}"
    tokens = (
        f":root{{{fonts};color-scheme:light;{light}}}\n"
        f"@media (prefers-color-scheme:dark){{:root[data-theme=auto]{{color-scheme:dark;{dark}}}}}\n"
        f":root[data-theme=dark]{{color-scheme:dark;{dark}}}\n"
    )
    # the selectors repeat the theme attribute so that they outweigh it
    printed = f"@media print{{:root,:root[data-theme=dark],:root[data-theme=auto]{{color-scheme:light;{light}}}}}\n"
    sheets = (_static(f"{name}.css") for name in ("base", "ladder", "outputs", "atlas", "study", "narrow", "print"))
    return tokens + "".join(sheets) + printed


@cache
def script(page: Page) -> str:
    """The page's modules as one function, since the library claims globals such as ``$``."""
    modules = "\n".join(_static(f"{name}.js") for name in SCRIPTS[page])
    return f'(() => {{\n"use strict";\n{modules}\n}})();'


@cache
def specs(page: Page) -> str:
    """Specifications of the page's charts and the config they share; checked by Altair once and then kept."""
    return kept(f"specs-{page}-{digest()}.json", lambda: _make_specs(page))


def _make_specs(page: Page) -> str:
    charts: dict[str, Any] = {name: chart.spec() for name, chart in CHARTS.items() if chart.page == page}
    titles = {name: chart.title for name, chart in CHARTS.items() if chart.page == page}
    short, parts = interned(charts)
    return to_json({"charts": short, "parts": parts, "titles": titles, "config": theme.config("css")})


def sha256_source(text: str) -> str:
    """A script's entry in the security policy."""
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def _static(name: str) -> str:
    return (resources.files("reports") / "static" / name).read_text(encoding="utf-8")
