"""The verdicts equal the prototype's on stored ladders of all kinds."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest

from metrics.decision import Decision
from tests.metrics import reference

TIGHT = 1e-6
# the prototype finds quantiles by halving an interval of 60 logit 26 times, 4.5e-7, then multiplies by decades
TIMES_SPAN = 4e-6


@pytest.fixture(scope="module")
def decisions() -> tuple[Decision, ...]:
    return reference.decisions("1")


@pytest.fixture(scope="module")
def rows() -> tuple[dict, ...]:
    return reference.expected("1")


def test_the_reference_is_broad(rows):
    assert len(rows) >= 200
    assert len({row["kind"] for row in rows}) == 18
    verdicts = Counter(row["verdict"] for row in rows)
    assert len(verdicts) >= 9
    assert min(verdicts[name] for name in ("genuine_break", "mirage", "smooth", "structure_change")) >= 10


def test_verdicts_are_equal(decisions, rows):
    assert [d.verdict for d in decisions] == [row["verdict"] for row in rows]


def test_leans_are_equal(decisions, rows):
    assert [d.lean or "" for d in decisions] == [row["lean"] for row in rows]


def test_reasons_are_of_one_category(decisions, rows):
    for decision, row in zip(decisions, rows, strict=True):
        decided_by = decision.evidence["decided_by"]
        if row["verdict"] == "structure_change":
            rising = "concentrate" in row["reason"]
            assert decided_by in ("1 structure", "5 structure")
            assert decision.evidence["structure_rising"] is rising
        elif decision.kind is not None and decision.kind != "exact_match_falls":
            assert decision.kind == reference.step(row)
        else:
            assert decided_by == reference.step(row)


def test_jump_bounds_are_equal(decisions, rows):
    compared = 0
    for decision, row, ladder in zip(decisions, rows, reference.ladders(1), strict=True):
        if "lo" not in row:
            continue
        between = np.diff(ladder["x"]) > 1e-3
        for name, field in (("lo", "low"), ("med", "median"), ("hi", "high")):
            ours = [getattr(jump, field) for jump in decision.jumps]
            np.testing.assert_allclose(ours, np.array(row[name])[between], atol=TIGHT, rtol=TIGHT)
        assert decision.gap_index == int(between[: int(row["jbest"])].sum())
        compared += 1
    assert compared > 100


def test_limits_and_spread_are_equal(decisions, rows):
    for decision, row in zip(decisions, rows, strict=True):
        for name, ours in (("sigma", decision.run_sd), ("lim", decision.allowed_jump_limit)):
            if name in row:
                assert ours == pytest.approx(row[name], abs=TIGHT)
        if "looks_emergent" in row:
            assert decision.looks_emergent is bool(row["looks_emergent"])
        if "early_share" in row and decision.early_share is not None:
            assert decision.early_share == pytest.approx(row["early_share"], abs=TIGHT)
        if "onset" in row and decision.evidence["onset_x"] > decision.evidence["x"][0] + 1e-3:
            ours = [decision.evidence[f"onset_slope_{part}"] for part in ("change_low", "before", "change")]
            np.testing.assert_allclose(ours, row["onset"], atol=TIGHT, rtol=TIGHT)


def test_compounding_predictions_are_equal(decisions, rows):
    compared = 0
    for decision, row in zip(decisions, rows, strict=True):
        if "rho" not in row:
            continue
        ours = {name: np.array([getattr(run, name) for run in decision.compounding]) for name in _RUN_FIELDS}
        own, constant = np.array([row["own_ln"], row["own_bb"]]), np.array([row["cf_ln"], row["cf_bb"]])
        theirs = {
            "observed": row["em"],
            "own_low": own.min(0),
            "own_high": own.max(0),
            "constant_low": constant.min(0),
            "constant_high": constant.max(0),
            "own_miss": row["own_miss"],
            "constant_miss": row["cf_miss"],
            "correlation": row["rho"],
            "answer_sd": row["tau"],
            "burst": row["burst"],
        }
        for name, values in theirs.items():
            np.testing.assert_allclose(ours[name], values, atol=TIGHT, err_msg=name)
        compared += 1
    assert compared > 100


_RUN_FIELDS = (
    "observed",
    "own_low",
    "own_high",
    "constant_low",
    "constant_high",
    "own_miss",
    "constant_miss",
    "correlation",
    "answer_sd",
    "burst",
)


def test_structure_tests_are_equal(decisions, rows):
    compared = 0
    for decision, row in zip(decisions, rows, strict=True):
        if "struct" not in row:
            continue
        theirs, found = row["struct"], decision.evidence
        parts = ("correlation", "answer_sd", "burst")
        ours = [found[f"structure_{part}_change"] for part in parts]
        np.testing.assert_allclose(ours, theirs["bounds"], atol=TIMES_SPAN)
        np.testing.assert_allclose(found["structure_exact_match_change"], theirs["change"], atol=TIGHT)
        assert found["structure_same_sign"] is theirs["same"]
        compared += 1
    assert compared > 100


def test_score_maps_are_equal(decisions, rows):
    compared = 0
    for decision, row in zip(decisions, rows, strict=True):
        if "map_pred" in row:
            np.testing.assert_allclose(decision.evidence["score_map_exact_match"], row["map_pred"], atol=TIGHT)
            compared += 1
    assert compared >= 1
