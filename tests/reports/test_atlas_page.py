from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

import duckdb
import pytest

from reports import numbers
from reports.assets import assets
from reports.atlas_page import AtlasData, atlas_html, read_atlas
from reports.atlas_sentences import atlas_headline, open_sentence
from reports.atlas_tables import atlas_tables
from reports.site import slug
from tests.reports import study
from tests.reports.conftest import Site, Visit, wait_until

T = TypeVar("T")


def _copied(
    values: dict[tuple[str, str], T], copies: dict[str, set[str]], origin: dict[str, str]
) -> dict[tuple[str, str], T]:
    return {
        (new, metric): values[origin[new], metric]
        for new, metrics in copies.items()
        for metric in metrics
        if (origin[new], metric) in values
    }


def many(data: AtlasData, n: int) -> tuple[AtlasData, dict[str, str]]:
    """The atlas data of n ladders: copies of those of the study under new names."""
    overview = [
        row | {"ladder_id": f"{row['ladder_id']} {i}", "family": f"family {i % 12}"}
        for i, row in ((i, data.overview[i % len(data.overview)]) for i in range(n))
    ]
    origin = {row["ladder_id"]: row["ladder_id"].rpartition(" ")[0] for row in overview}
    copies = {new: {m for (old, m) in data.shapes if old == origin[new]} for new in origin}
    return AtlasData(
        overview,
        _copied(data.curves, copies, origin),
        _copied(data.shapes, copies, origin),
        _copied(data.sharp, copies, origin),
        {new: data.needs[old] for new, old in origin.items()},
        {name: count * n // len(data.overview) for name, count in data.counts.items()},
        [],
        data.families,
        data.forecasts,
        data.claims,
    ), {row["ladder_id"]: slug(row["ladder_id"], row["family"], row["task_id"]) for row in overview}  # fmt: skip


@pytest.mark.browser
def test_atlas_of_a_thousand_ladders_stays_small_and_quick(
    published: duckdb.DuckDBPyConnection, tmp_path: Path, visit: Visit
) -> None:
    data, slugs = many(read_atlas(published), 1000)
    path = tmp_path / "index.html"
    path.write_text(atlas_html(data, slugs, assets("atlas"), None, "test", {}), encoding="utf-8")
    assert path.stat().st_size <= 1_000_000 + 500 * 1000
    page = visit.open(path)
    assert page.locator(".vr").count() < 25
    assert page.get_attribute("#table", "aria-rowcount") == "1001"
    page.evaluate("document.querySelector('.vb').scrollTop = 30000")
    wait_until(page, "Number(document.querySelector('.vr:last-child').getAttribute('aria-rowindex')) > 570")
    assert page.locator(".vr").count() < 25
    page.fill("#find", "made-up artifact")
    expected = sum("Made-up artifact" in (row["task_title"] or "") for row in data.overview)
    wait_until(page, f"document.querySelector('#shown').textContent.startsWith('{expected} of 1000 ')")
    assert float(page.evaluate("document.documentElement.dataset.filtered")) < 1000


@pytest.mark.browser
def test_a_short_atlas_shows_every_row(published: duckdb.DuckDBPyConnection, tmp_path: Path, visit: Visit) -> None:
    data, slugs = many(read_atlas(published), 20)
    path = tmp_path / "index.html"
    path.write_text(atlas_html(data, slugs, assets("atlas"), None, "test", {}), encoding="utf-8")
    page = visit.open(path)
    assert page.locator(".vr").count() == 20
    assert page.evaluate("(b => b.scrollHeight - b.clientHeight)(document.querySelector('.vb'))") <= 1


def test_limits_and_counts_come_from_the_verdicts(published: duckdb.DuckDBPyConnection) -> None:
    data = read_atlas(published)
    slugs = {row["ladder_id"]: slug(row["ladder_id"], row["family"], row["task_id"]) for row in data.overview}
    needs = {name: row | {"emergent_share": 0.35, "least_break_jump": 0.7} for name, row in data.needs.items()}
    page = atlas_html(replace(data, needs=needs), slugs, assets("atlas"), None, "test", {})
    assert "Right of the line one gap holds 35\u00a0% or more" in page
    found = json.loads(page.split('id="data">')[1].split("</script>")[0])
    assert found["threshold"] == 0.35
    jumps = [row[found["columns"].index("jumps")] for row in found["rows"]]
    assert {row[3] for row in jumps} == {0.7}
    told = {tuple(row[4:]) for row in jumps}
    tails = [(row["break_tail"], row["break_tail_adjusted"]) for row in data.overview]
    assert told == {tuple(None if tail is None else float(f"{tail:.2g}") for tail in pair) for pair in tails}
    assert any(raw is not None and adjusted is not None and raw <= adjusted for raw, adjusted in told)


def test_an_atlas_of_open_ladders_says_what_they_lack() -> None:
    rows: list[dict[str, object]] = [
        {"verdict": "undetermined", "needed": "four scales."},
        {"verdict": "undetermined", "needed": None},
    ]
    assert atlas_headline(rows, []) == "None of 2 ladders can be decided from these outputs."
    assert open_sentence(rows) == "What 1 of them need: four scales. Each page names what would settle it."
    assert open_sentence([*rows, {"verdict": "smooth", "needed": None}]) is None


def test_what_looks_emergent_is_what_the_verdicts_say(published: duckdb.DuckDBPyConnection) -> None:
    data = read_atlas(published)
    exact = {row["ladder_id"]: row for row in data.overview if (row["ladder_id"], "exact_match") in data.sharp}
    assert len(exact) > 5
    assert {name: data.sharp[name, "exact_match"] for name in exact} == {
        name: row["looks_emergent"] for name, row in exact.items()
    }
    # another metric by the same rule: a step is sharp, a slow slope is not
    partial = "token_edit_similarity_char"
    assert data.sharp[study.ladder_id("break"), partial]
    assert not data.sharp[study.ladder_id("gradual"), partial]


def test_tables_across_ladders_say_what_the_queries_say(published: duckdb.DuckDBPyConnection) -> None:
    data = read_atlas(published)
    overview = {row["ladder_id"]: row for row in data.overview}
    urls = {name: f"ladders/{name}.html" for name in overview}
    change = {
        "ladder_id": next(iter(overview)), "change": "verdict", "verdict_before": "mirage", "verdict_now": "smooth",
        "generation_before": 3, "generation_now": 4,
    }  # fmt: skip
    tables = atlas_tables(data.families, data.forecasts, data.claims, [change], overview, urls)
    by_id = {table.id: table for table in tables}
    assert list(by_id) == ["since", "forecasts", "claims", "changes"]
    assert by_id["changes"].answer.startswith("1 verdict changed between publications 3 and 4;")
    assert [cell.text for cell in by_id["changes"].rows[0]][1:] == [
        "another verdict",
        "Metric artifact",
        "Gradual rise",
    ]
    (claim,) = by_id["claims"].rows
    assert claim[0].url
    assert "at 4B and 16B on either side" in claim[3].text
    assert numbers.points(data.forecasts[0]["mean_error"]) in by_id["forecasts"].answer
    assert not atlas_tables([], [], [], [], {}, {})


@pytest.mark.browser
def test_an_area_dragged_on_the_scatter_filters_the_table(site: Site, visit: Visit) -> None:
    page = visit.open(site.folder / "index.html")
    visit.draw_all()
    everything = len(study.CASES)
    box = page.locator("#scatter svg .background").first.bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + 2, box["y"] + 2)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.55, box["y"] + box["height"] - 2, steps=8)
    page.mouse.up()
    # on a busy machine the table follows the pointer while it still moves, over an area without a mark
    shown = "document.querySelector('#shown').textContent"
    wait_until(page, f"!{shown}.startsWith('{everything} of') && document.querySelectorAll('.vr').length > 0")
    chosen = page.locator(".vr").count()
    assert 0 < chosen < everything
    page.click("#unbrush")
    wait_until(page, f"document.querySelector('#shown').textContent.startsWith('{everything} of')")
    assert not page.locator("#unbrush").is_visible()
