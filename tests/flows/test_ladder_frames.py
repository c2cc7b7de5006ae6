"""Scores of long runs are stored in another order than their outputs; each must still find its own."""

from __future__ import annotations

import polars as pl

from flows.ladder_frames import SAMPLE_KEY, _beside


def test_scores_find_their_outputs_whatever_the_order() -> None:
    key = pl.DataFrame({"run_id": ["a"] * 4 + ["b"] * 4, "item_id": list("wxyz") * 2, "repeat": 0})
    outputs = key.with_columns(output=pl.concat_str("run_id", "item_id"))
    scores = key.with_columns(share=pl.Series([0.0, 0.5, 0.0, 1.0] * 2))
    aside = _beside(scores, outputs)
    by_value = _beside(scores.sort("run_id", "share", "item_id"), outputs)
    assert by_value["share"].to_list() == [0.0, 0.0, 0.5, 1.0] * 2
    assert by_value["output"].to_list() == [run + item for run, item, *_ in by_value.rows()]
    assert by_value.sort(SAMPLE_KEY).equals(aside.sort(SAMPLE_KEY).select(by_value.columns))
