"""The gallery shows every chart once, and its examples are drawn from rows alone."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from reports.gallery import INDEX, write_gallery
from reports.registry import CHARTS
from tests.conftest import ROOT


def test_every_chart_has_an_example_in_the_docs() -> None:
    folder = ROOT / "docs" / "gallery"
    text = (folder / INDEX).read_text(encoding="utf-8")
    assert {path.stem for path in folder.glob("*.svg")} == set(CHARTS)
    for chart in CHARTS.values():
        assert f"## {chart.title}\n" in text
        assert f"]({chart.name}.svg)" in text
        assert f"How to read it: {chart.reading}." in text


def test_examples_are_drawn_from_any_snapshot(snapshot: Path, tmp_path: Path) -> None:
    written = write_gallery(snapshot, tmp_path)
    assert {path.stem for path in written if path.suffix == ".svg"} == set(CHARTS)
    for path in written:
        if path.suffix == ".svg":
            drawing = ElementTree.fromstring(path.read_text(encoding="utf-8"))
            assert len(list(drawing.iter("{http://www.w3.org/2000/svg}path"))) > 3, path.name
            assert "var(--" not in path.read_text(encoding="utf-8")
