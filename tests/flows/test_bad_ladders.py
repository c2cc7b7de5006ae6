"""Ladders with a broken size: a verdict with a reason or a clear finding, and the rest of the study goes on."""

from __future__ import annotations

import json

import polars as pl
import pytest

from tests.flows.make import SIZES, Workshop, outputs


def verdicts(workshop: Workshop) -> dict[str, tuple[str, str, str]]:
    """Verdict, reason and the step that decided, by task."""
    rows = workshop.rows("SELECT task_id, verdict, reason, evidence FROM verdict JOIN ladder USING (ladder_id)")
    for *_, evidence in rows:
        assert "NaN" not in evidence
    return {task: (verdict, reason, json.loads(evidence)["decided_by"]) for task, verdict, reason, evidence in rows}


def test_a_size_without_any_output_leaves_no_item_in_common(workshop: Workshop) -> None:
    workshop.fill(("add",))
    empty = outputs("copy").with_columns(
        output=pl.when(pl.col("model_id") == f"m{SIZES[1]:.0f}").then(None).otherwise(pl.col("output"))
    )
    workshop.write("copy.parquet", empty)
    workshop.run()
    found = verdicts(workshop)
    assert set(found) == {"add", "copy"}
    assert (found["copy"][0], found["copy"][2]) == ("undetermined", "0 no common items")
    assert "no item was answered by all 4 runs" in found["copy"][1]


@pytest.mark.parametrize("size", [0.0, -1e6])
def test_a_scale_that_has_no_logarithm_is_told_and_left_out(workshop: Workshop, size: float) -> None:
    workshop.fill(("add",))
    rows = [{"model_id": f"m{n:.0f}", "family": "m", "n_params": n} for n in SIZES[1:]]
    rows.append({"model_id": f"m{SIZES[0]:.0f}", "family": "m", "n_params": size})
    pl.DataFrame(rows).write_csv(workshop.folder / "models.csv")
    workshop.run()
    assert workshop.rows("SELECT n_scales FROM ladder") == [(3,)]
    [finding] = workshop.findings("scale_unknown")
    assert f"m{SIZES[0]:.0f}" in finding["reason"]
    assert "n_params" in finding["action"]
    assert verdicts(workshop)["add"][0] == "undetermined"
