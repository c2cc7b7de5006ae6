"""The table of constants in docs/verdicts.md is the one in the code. Run as a module, this writes it."""

from __future__ import annotations

import re
from dataclasses import fields

from metrics.constants import RECOMMENDED_METHOD, Constants
from tests.conftest import ROOT

PAGE = ROOT / "docs" / "verdicts.md"
BETWEEN = re.compile(r"(?<=<!-- constants -->\n).*?(?=<!-- /constants -->)", re.DOTALL)
REASON = re.compile(r"^        (\w+): (.*?)(?=^        \w+: |\Z)", re.DOTALL | re.MULTILINE)


def table() -> str:
    """Name, value and reason of every constant."""
    reasons = {name: " ".join(text.split()) for name, text in REASON.findall((Constants.__doc__ or "").rstrip())}
    defaults = Constants(method=RECOMMENDED_METHOD)
    lines = ["", "| constant | value | reason |", "| --- | --- | --- |"]
    for field in fields(Constants):
        value = getattr(defaults, field.name)
        shown = ", ".join(f"{part:g}" for part in value) if isinstance(value, tuple) else f"{value:g}"
        lines.append(f"| `{field.name}` | {shown} | {reasons[field.name]} |")
    return "\n".join([*lines, "", ""])


def test_the_page_lists_every_constant_as_it_is():
    found = BETWEEN.search(PAGE.read_text(encoding="utf-8"))
    assert found is not None
    assert found[0] == table(), "write it anew: python -m tests.docs.test_constants_table"


if __name__ == "__main__":
    PAGE.write_text(BETWEEN.sub(lambda _: table(), PAGE.read_text(encoding="utf-8")), encoding="utf-8")
