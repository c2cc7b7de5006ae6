"""Repeated parts of the charts are stored once, and come back as they were."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from reports.interning import interned, resolved
from reports.registry import CHARTS

TEXTS = st.text(max_size=4).filter(lambda text: not text.startswith("@@")) | st.sampled_from(["x" * 60, "y" * 80])
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=30,
)


@given(VALUES)
def test_nothing_is_lost(value: object) -> None:
    assert resolved(*interned([value, value])) == [value, value]


def test_the_charts_of_the_ladder_page_shrink_to_less_than_half() -> None:
    charts = {name: chart.spec() for name, chart in CHARTS.items() if chart.page == "ladder"}
    found = interned(charts)
    assert resolved(*found) == charts
    assert len(json.dumps(found)) < len(json.dumps(charts)) / 2
