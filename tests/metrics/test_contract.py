"""The contract catches what a careless metric does."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import polars as pl
import pytest

from metrics.batch import Batch
from metrics.contract import check_metric
from metrics.registry import Metric, find


def similarity(**changes: Any) -> Metric:
    return replace(find("token_edit_similarity_char"), **changes)


def right(batch: Batch) -> pl.Series:
    return find("token_edit_similarity_char").function(batch)


def raises(batch: Batch) -> pl.Series:
    raise ValueError("no such thing")


calls: list[int] = []


def changing(batch: Batch) -> pl.Series:
    calls.append(1)
    return right(batch) / len(calls)


BROKEN: dict[str, tuple[Callable[[Batch], Any], str]] = {
    "not a series": (lambda batch: right(batch).to_list(), "gave list"),
    "not a float": (lambda batch: right(batch).cast(pl.Int64), "gave Int64"),
    "too short": (lambda batch: right(batch).head(2), "gave 2 values for 3"),
    "NaN": (lambda batch: right(batch).replace(0.0, np.nan), "gave NaN or infinity"),
    "above": (lambda batch: right(batch) + 0.5, "more than high 1: 1.5 for output"),
    "below": (lambda batch: right(batch) - 0.5, "less than low 0: -0.5 for output"),
    "turned": (lambda batch: 1.0 - right(batch), "the best value declared is 1"),
    "order": (lambda batch: right(batch).shift(1).fill_null(1.0), "when the rows were reversed"),
    "batch": (lambda batch: right(batch) * 0 + right(batch).mean(), "batches of 7"),
    "changing": (changing, "called again"),
    "null": (lambda batch: right(batch).replace(1.0, None), "gave NULL for perfect"),
    "raising": (raises, "raised ValueError: no such thing"),
}


@pytest.mark.parametrize("name", BROKEN)
def test_a_broken_function_is_found(name: str) -> None:
    function, words = BROKEN[name]
    calls.clear()
    assert any(words in problem for problem in check_metric(similarity(function=function)))


DECLARATIONS: dict[str, tuple[dict[str, Any], str]] = {
    "name": ({"name": "Edit similarity"}, "use lower-case"),
    "label": ({"label": ""}, "label is empty"),
    "source": ({"source": ""}, "source is empty"),
    "kind": ({"kind": "soft"}, "choose from discontinuous, smooth, count"),
    "version": ({"version": 0}, "version 0"),
    "needs nothing": ({"needs": ()}, "names no column"),
    "needs": ({"needs": ("outputs",)}, "'outputs', which is no column of sample"),
    "bounds": ({"low": 1.0, "high": 1.0}, "low 1 is not below high 1"),
    "discontinuous": ({"kind": "discontinuous"}, "a value between low and high"),
}


@pytest.mark.parametrize("name", DECLARATIONS)
def test_a_broken_declaration_is_found(name: str) -> None:
    changes, words = DECLARATIONS[name]
    assert any(words in problem for problem in check_metric(similarity(**changes)))


def test_a_sound_metric_has_no_problems() -> None:
    assert check_metric(similarity()) == ()
