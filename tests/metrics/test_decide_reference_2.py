"""Method 2 equals its prototype: on the ladders of version 1 without new inputs, and on ladders with them."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from metrics.decision import Decision
from tests.metrics import reference

TIGHT = 1e-6
TIMES_SPAN = 4e-6


@pytest.fixture(scope="module", params=["2-counts", "2"])
def pairs(request) -> list[tuple[Decision, dict[str, Any]]]:
    return list(zip(reference.decisions(request.param), reference.expected(request.param), strict=True))


def test_verdicts_and_leans_are_equal(pairs):
    assert len(pairs) >= 120
    for decision, row in pairs:
        assert (decision.verdict, decision.lean or "") == (row["verdict"], row["lean"])


def test_reasons_are_of_one_category(pairs):
    for decision, row in pairs:
        decided_by = decision.evidence["decided_by"]
        if row["verdict"] == "structure_change":
            assert decided_by in ("1 structure", "5 structure")
            assert decision.evidence["structure_rising"] is ("concentrate" in row["reason"])
        elif decision.kind is not None and decision.kind != "exact_match_falls":
            assert decision.kind == reference.step(row)
        else:
            assert decided_by == reference.step(row)


def test_jump_bounds_are_equal(pairs):
    compared = 0
    for decision, row in pairs:
        if "lo" not in row:
            continue
        for name, field in (("lo", "low"), ("med", "median"), ("hi", "high")):
            ours = [getattr(jump, field) for jump in decision.jumps]
            np.testing.assert_allclose(ours, row[name], atol=TIGHT, rtol=TIGHT)
        assert decision.gap_index == int(row["jbest"])
        if "lo_noisy" in row:
            assert decision.evidence["noisy_jump_low"] == pytest.approx(row["lo_noisy"], abs=TIGHT)
        compared += 1
    assert compared > 70


def test_spread_and_limits_are_equal(pairs):
    for decision, row in pairs:
        if "sigma" in row:
            assert decision.run_sd == pytest.approx(row["sigma"], abs=TIGHT)
            np.testing.assert_allclose(decision.evidence["run_sd_log_evidence"], row["lsig"], rtol=TIGHT, atol=TIGHT)
        if "lim" in row:
            assert decision.allowed_jump_limit == pytest.approx(row["lim"], abs=TIGHT)
        if "early_share" in row and decision.early_share is not None:
            assert decision.early_share == pytest.approx(row["early_share"], abs=TIGHT)
        if "onset" in row:
            ours = [decision.evidence[f"onset_slope_{part}"] for part in ("change_low", "before", "change")]
            np.testing.assert_allclose(ours, row["onset"], atol=TIGHT, rtol=TIGHT)
        if "map_pred" in row:
            np.testing.assert_allclose(decision.evidence["score_map_exact_match"], row["map_pred"], atol=TIGHT)


def test_compounding_and_structure_are_equal(pairs):
    fields = {
        "rho": "correlation",
        "tau": "answer_sd",
        "burst": "burst",
        "own_miss": "own_miss",
        "cf_miss": "constant_miss",
    }
    for decision, row in pairs:
        for theirs, name in fields.items():
            if theirs in row:
                ours = [getattr(run, name) for run in decision.compounding]
                np.testing.assert_allclose(ours, row[theirs], atol=TIGHT)
        if "struct" in row:
            parts = ("correlation", "answer_sd", "burst")
            ours = [decision.evidence[f"structure_{part}_change"] for part in parts]
            np.testing.assert_allclose(ours, row["struct"]["bounds"], atol=TIMES_SPAN)
            change = decision.evidence["structure_exact_match_change"]
            np.testing.assert_allclose(change, row["struct"]["change"], atol=TIGHT)


def test_the_reference_uses_every_input():
    given = {part for ladder in reference.ladders(2) for part in ladder["tokens"].given}
    assert given == {"flags", "classes", "floor", "log_probabilities", "unigram"}
    steps = {reference.step(row) for row in reference.expected("2") if row["verdict"] == "undetermined"}
    assert {"1b guessing", "4 run noise", "4 silent below the jump", "6 onset", "7 structure suspect"} <= steps
