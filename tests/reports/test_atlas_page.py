from __future__ import annotations

from pathlib import Path
from typing import TypeVar

import duckdb
import pytest

from reports.assets import assets
from reports.atlas_page import AtlasData, atlas_html, read_atlas
from reports.site import slug
from tests.reports.conftest import Visit, wait_until

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
        {name: count * n // len(data.overview) for name, count in data.counts.items()},
        [],
    ), {row["ladder_id"]: slug(row["ladder_id"], row["family"], row["task_id"]) for row in overview}  # fmt: skip


@pytest.mark.browser
def test_atlas_of_a_thousand_ladders_stays_small_and_quick(
    published: duckdb.DuckDBPyConnection, tmp_path: Path, visit: Visit
) -> None:
    from tests.reports.conftest import Visit

    assert isinstance(visit, Visit)
    data, slugs = many(read_atlas(published), 1000)
    path = tmp_path / "index.html"
    path.write_text(atlas_html(data, slugs, assets("atlas"), None, "test"), encoding="utf-8")
    assert path.stat().st_size <= 1_000_000 + 500 * 1000
    page = visit.open(path)
    assert page.locator(".vr").count() < 25
    assert page.get_attribute("#table", "aria-rowcount") == "1001"
    page.evaluate("document.querySelector('.vb').scrollTop = 30000")
    wait_until(page, "Number(document.querySelector('.vr:last-child').getAttribute('aria-rowindex')) > 570")
    assert page.locator(".vr").count() < 25
    page.fill("#find", "made-up artifact")
    wait_until(page, "document.querySelector('#shown').textContent.startsWith('72 of 1000 ')")
    assert float(page.evaluate("document.documentElement.dataset.filtered")) < 1000
