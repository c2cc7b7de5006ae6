from __future__ import annotations

import datetime as dt
import math
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flows.sources.coerce import coerce
from flows.sources.schema import DataType

NUMBERS = pl.List(pl.Float64)
TEXTS = pl.List(pl.String)


def values(column: list[Any], dtype: DataType, raw: Any = None, **options: bool) -> tuple[list[Any], list[bool]]:
    found = coerce(pl.Series("c", column, dtype=raw, strict=False), dtype, **options)
    assert found.values.dtype == dtype
    return found.values.to_list(), found.bad.to_list()


@pytest.mark.parametrize(
    ("column", "raw", "dtype", "expected", "bad"),
    [
        (["a", None], pl.String, pl.String, ["a", None], [False, False]),
        ([5, None], pl.Int64, pl.String, ["5", None], [False, False]),
        ([True], pl.Boolean, pl.String, ["true"], [False]),
        ([dt.date(2026, 1, 2)], pl.Date, pl.String, ["2026-01-02"], [False]),
        ([["a"]], TEXTS, pl.String, [None], [True]),
        (
            ["7", " 8 ", "x", "", "1.5"],
            pl.String,
            pl.Int32,
            [7, 8, None, None, None],
            [False, False, True, False, True],
        ),
        ([7.0, 7.5, math.inf], pl.Float64, pl.Int32, [7, None, None], [False, True, True]),
        ([2**40], pl.Int64, pl.Int32, [None], [True]),
        (["-1.5", "nan", "x"], pl.String, pl.Float64, [-1.5, math.nan, None], [False, False, True]),
        (["True", "no", "1", "2", None], pl.String, pl.Boolean, [True, False, True, None, None], [0, 0, 0, 1, 0]),
        ([1, 0, 2], pl.Int64, pl.Boolean, [True, False, None], [False, False, True]),
        (["a", None], pl.String, TEXTS, [["a"], None], [False, False]),
        ([3], pl.Int64, TEXTS, [["3"]], [False]),
        ([["a", "b"], []], TEXTS, TEXTS, [["a", "b"], []], [False, False]),
        ([["-1", "x"], ["-2"]], TEXTS, NUMBERS, [None, [-2.0]], [True, False]),
        ([[-1, None], [-2, -3]], NUMBERS, NUMBERS, [None, [-2.0, -3.0]], [True, False]),
        (["[-1, -2.5]", "[x", "5"], pl.String, NUMBERS, [[-1.0, -2.5], None, None], [False, True, True]),
        ([1.0], pl.Float64, NUMBERS, [None], [True]),
        ([None], pl.Null, NUMBERS, [None], [False]),
        ([None], pl.Null, pl.Int32, [None], [False]),
    ],
)
def test_values_keep_their_meaning_or_are_marked(
    column: list[Any], raw: Any, dtype: DataType, expected: list[Any], bad: list[bool]
) -> None:
    found, marked = values(column, dtype, raw)
    assert [repr(value) for value in found] == [repr(value) for value in expected]
    assert marked == [bool(mark) for mark in bad]


def test_text_that_is_a_list_of_texts_is_one_only_where_asked() -> None:
    column = ['["a", "b"]', "[1]", "a"]
    assert values(column, TEXTS)[0] == [['["a", "b"]'], ["[1]"], ["a"]]
    assert values(column, TEXTS, lists_as_text=True)[0] == [["a", "b"], ["[1]"], ["a"]]


@given(st.lists(st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"])))))
def test_text_is_never_changed(column: list[str | None]) -> None:
    assert values(column, pl.String, pl.String) == (column, [False] * len(column))
    wrapped = [None if value is None else [value] for value in column]
    assert values(column, TEXTS, pl.String) == (wrapped, [False] * len(column))


@given(st.lists(st.one_of(st.none(), st.text(st.characters(exclude_categories=["Cs"]), max_size=6))))
def test_a_value_is_read_or_marked_or_blank(column: list[str | None]) -> None:
    for dtype in (pl.Int32, pl.Float64, pl.Boolean, NUMBERS):
        found, bad = values(column, dtype, pl.String)
        for value, result, mark in zip(column, found, bad, strict=True):
            blank = value is None or (not value.strip() and dtype is not NUMBERS)
            assert (result is None) == (mark or blank)
