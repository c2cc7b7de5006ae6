"""The catalogue in docs/metrics.md, made from the declarations of the metrics.

``python -m tests.docs.metrics_page`` writes it anew.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from functools import partial

import metrics.catalogue  # noqa: F401 - fills the registry
from metrics.cells import CELL_METRICS, CellMetric
from metrics.extraction import EXTRACTIONS
from metrics.registry import METRICS, Metric
from metrics.tokens import TOKENIZATIONS
from tests.conftest import ROOT

PAGE = ROOT / "docs" / "metrics.md"
MARK = "<!-- The rest of this page is made from the declarations: python -m tests.docs.metrics_page -->\n"


def catalogue() -> str:
    """The tables: metrics of outputs by theme, metrics of runs, tokenisations and rules for answers."""
    themes: dict[str, list[Metric]] = {}
    for declared in METRICS.values():
        if "__" not in declared.name:
            themes.setdefault(_module(declared), []).append(declared)
    parts = [_table(_title(module), members) for module, members in themes.items()]
    parts.append(_table("Runs as a whole: one score a run, in table `cell_score`", list(CELL_METRICS.values())))
    parts.append("\n".join(["## Tokenisations", "", *(f"- `{n}`: {words}" for n, words in TOKENIZATIONS.items())]))
    rules = (f"- `__{name}`: {rule.definition} ({rule.source})" for name, rule in EXTRACTIONS.items())
    parts.append("\n".join(["## Rules for answers", "", *rules]))
    return "\n\n".join(parts) + "\n"


def _module(declared: Metric) -> str:
    function = declared.function
    while isinstance(function, partial):
        function = function.func
    return function.__module__


def _title(module: str) -> str:
    return (sys.modules[module].__doc__ or module).splitlines()[0].removesuffix(".")


def _table(title: str, members: list[Metric] | list[CellMetric]) -> str:
    head = ["| name | what it is | kind, unit, bounds | needs | version, source |", "| --- | --- | --- | --- | --- |"]
    return "\n".join([f"## {title}", "", *head, *map(_row, members)])


def _row(declared: Metric | CellMetric) -> str:
    low, high = (("-∞", "∞")[side] if b is None else f"{b:g}" for side, b in enumerate((declared.low, declared.high)))
    turned = "" if declared.higher_is_better else ", lower is better"
    needs = ", ".join(f"`{need}`".replace("|", "` or `") for need in declared.needs)
    named = f"`{declared.name}`" + ("" if getattr(declared, "default", False) else "°")
    cells = (
        named,
        f"**{declared.label}**: {declared.definition}",
        f"{declared.kind}, {declared.unit}, {low} to {high}{turned}",
        needs,
        f"{declared.version}; {declared.source}",
    )
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"


def written(text: str) -> str:
    """The page with today's catalogue under the mark."""
    return text[: text.index(MARK) + len(MARK)] + "\n" + catalogue()


def mentioned(text: str) -> Iterator[str]:
    """Names in the part that people write which look like names of metrics with a rule."""
    for word in text[: text.index(MARK)].split("`")[1::2]:
        if "__" in word and " " not in word and ":" not in word and not word.startswith("_"):
            yield word.strip('"')


if __name__ == "__main__":
    PAGE.write_text(written(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
