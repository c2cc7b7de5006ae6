"""The calibration harness: what it simulates is what it says, and what it counts is counted right."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from scipy.special import logit

from metrics.calibration.forms import BREAKS, FORMS, SMOOTH, Design
from metrics.calibration.measure import SCHEMA, TASKS, Cell, cells, measure_family, route_cells
from metrics.calibration.outputs import simulate
from metrics.calibration.rates import Share, bars, characteristics
from metrics.calibration.routes import CLUSTER_SIZE, ROUTES
from metrics.calibration.run import measure_all, measure_shard, shards
from metrics.calibration.table import markdown
from metrics.constants import Constants
from metrics.decision import VERDICTS
from metrics.positions import position_classes

THIRD = Constants(method=3)


@pytest.fixture(scope="module")
def quiet() -> pl.DataFrame:
    """Three families of a quiet cell with three runs."""
    cell = Cell(n_scales=8, n_runs=3, run_sd=0.08, peak=1.0, log_probabilities=False)
    return pl.concat([measure_family(cell, number, 3, THIRD) for number in range(3)])


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("length", [1, 6])
def test_every_form_makes_outputs_that_agree_with_themselves(form, length):
    design = Design(n_scales=7, n_runs=2, n_items=150, length=length, log_probabilities=True)
    made = simulate(np.random.default_rng(4), form, design)
    inside = position_classes(made.lengths, made.targets.shape[1]) >= 0
    same = ((made.outputs == made.targets) | ~inside).all(2)
    assert made.outputs.shape == (14, 150, made.targets.shape[1])
    # every exact answer is written as its target; a superfluous token at the end may hide behind the last position
    assert same[made.exact == 1].all()
    assert (made.correct[made.exact == 1] == np.broadcast_to(made.lengths, made.exact.shape)[made.exact == 1]).all()
    assert made.log_probabilities is not None
    assert (made.log_probabilities <= 0).all()
    assert np.isfinite(made.log_probabilities).all()
    assert (made.gap is not None) == (form in BREAKS or form in ("step_of_positions", "step_of_items"))
    assert (made.score is None) == (length > 1)
    assert (made.tokens is None) == (length == 1)
    assert ((np.asarray(made.token_data.floor) >= 0) & (np.asarray(made.token_data.floor) < 1)).all()


def test_log_probabilities_are_those_of_the_sampled_outputs():
    """Where tokens are sampled, the mean probability of the target tokens is the share of right ones."""
    rng = np.random.default_rng(2)
    agreeing = 0
    for _ in range(8):
        made = simulate(rng, "line", Design(n_items=3000, length=4, log_probabilities=True, run_sd=0.01))
        inside = made.targets >= 0
        right = ((made.outputs == made.targets) & inside).sum((1, 2)) / inside.sum()
        assert made.log_probabilities is not None
        expected = (np.exp(made.log_probabilities) * inside).sum((1, 2)) / inside.sum()
        agreeing += bool(np.abs(right - expected).max() < 0.02)
    assert agreeing >= 2


def test_the_jump_of_a_step_is_that_of_its_mean_accuracy():
    rng = np.random.default_rng(6)
    found = [simulate(rng, "step", Design(n_items=4000, length=4, run_sd=0.001), 3.0) for _ in range(12)]
    known = [made for made in found if made.level_jump is not None]
    assert len(known) >= 3
    beyond = []
    for made in known:
        tokens = made.tokens
        assert tokens is not None
        assert tokens.floor is not None
        floor = np.asarray(tokens.floor)
        accuracy = made.correct.sum(1) / made.lengths.sum()
        above = (accuracy - floor) / (1 - floor)
        assert made.gap is not None
        assert made.level_jump is not None
        seen = float(np.diff(logit(np.clip(above, 1e-4, 1 - 1e-4)))[made.gap])
        beyond.append(seen - made.level_jump)
        assert made.level_jump < 3.05
    # the gentle line and early rubbish add to the step
    assert -0.1 < np.median(beyond) < 0.9


def test_a_family_is_reproducible_and_complete(quiet):
    cell = Cell(n_scales=8, n_runs=3, run_sd=0.08, peak=1.0, log_probabilities=False)
    again = measure_family(cell, 0, 3, THIRD).drop("cost_ms")
    assert again.equals(quiet.filter(pl.col("family") == 0).drop("cost_ms"))
    assert quiet.height == 3 * 2 * TASKS
    assert quiet.schema == pl.Schema(SCHEMA)
    assert quiet["verdict"].null_count() == 0
    other = measure_family(cell, 0, 4, THIRD).drop("cost_ms")
    assert not again.equals(other)


def test_the_pooled_prior_follows_the_noise_of_the_family(quiet):
    pooled = quiet.filter(pl.col("prior") == "pooled")["prior_run_sd"]
    assert (pooled != THIRD.prior_run_sd).any()


def test_a_quiet_cell_is_decided_without_false_breaks(quiet):
    [found] = characteristics(quiet.filter(pl.col("prior") == "default").with_columns(all=0), ["all"]).to_dicts()
    assert found["smooth"] == 36
    assert found["false_break"] == 0
    assert found["decided"] >= 0.6 * found["smooth"]
    assert found["found"] >= 0.6 * found["large_breaks"]
    assert found["in_its_gap"] == found["found"]


def test_counts_are_those_of_the_rows():
    rows = pl.DataFrame(
        {
            "form": ["line", "line", "line", "step", "step", "step", "switch", "kink"],
            "level_jump": [None, None, None, 2.0, 2.0, 1.0, 2.5, None],
            "verdict": [
                "smooth", "genuine_break", "flat", "genuine_break", "mirage", "smooth", "genuine_break", "smooth",
            ],
            "gap": [1, 1, 1, 2, 2, 2, 3, 1],
            "true_gap": [None, None, None, 2, 2, 2, 4, None],
            "all": [0] * 8,
        }
    )  # fmt: skip
    [found] = characteristics(rows, ["all"]).to_dicts()
    assert found == {
        "all": 0, "smooth": 3, "false_break": 1, "decided": 1, "other_verdict": 1, "large_breaks": 3, "found": 2,
        "in_its_gap": 1, "called_smooth": 1,
    }  # fmt: skip


def test_a_bar_without_ladders_does_not_hold(quiet):
    held = {bar.name: bar for bar in bars(quiet)}
    with_logprobs = next(bar for name, bar in held.items() if "with log-probabilities" in name)
    assert not with_logprobs.holds
    assert with_logprobs.found == "none"
    assert held["False breaks, all smooth ladders (default prior)"].holds


def test_shares_carry_exact_intervals():
    assert str(Share(0, 100)) == "0.0% (0 of 100; 0.0% to 3.6%)"
    assert Share(0, 0).value is None


def test_measured_families_are_kept_and_not_measured_again(tmp_path, quiet):
    shard = next(shards(1, 5, THIRD))
    path = measure_shard(shard, tmp_path)
    marked = pl.read_parquet(path).with_columns(verdict=pl.lit("kept"))
    marked.write_parquet(path)
    ticks: list[int] = []
    rows = measure_all([shard], tmp_path, 1, lambda: ticks.append(1))
    assert set(rows["verdict"]) == {"kept"}
    assert len(ticks) == 1
    assert not list(tmp_path.glob("*.part"))
    assert shard.path(tmp_path) != next(shards(1, 5, Constants(method=2))).path(tmp_path)


def test_the_table_names_every_form_and_cell(quiet):
    text = markdown(quiet, 3)
    for form in SMOOTH:
        assert form.replace("_", " ") in text
    assert "72 ladders in 1 cells, seed 3" in text
    assert len(list(cells())) == 24
    assert [{cell.log_probabilities for cell in cells(number)} for number in (0, 1)] == [{False}, {True}]


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize("form", ["two_groups", "switch"])
def test_every_kind_of_log_reaches_a_verdict(route, form):
    design = Design(n_scales=6, n_items=150, log_probabilities=True)
    made = ROUTES[route][1](np.random.default_rng(1), form, design, 3.0, Constants(method=5))
    assert made.exact.shape == (len(made.x), 150)
    assert (made.gap is not None) == (form == "switch")
    assert (made.correct <= made.lengths).all()
    assert made.score is None or ((made.score >= 0) & (made.score <= 1)).all()
    decision = made.prepare(Constants(method=5)).decide()
    assert decision.verdict in VERDICTS
    assert not (form == "two_groups" and decision.verdict == "genuine_break")


def test_items_of_one_source_share_their_luck():
    design = Design(n_scales=6, n_items=1000, length=1, run_sd=0.01)
    rng = np.random.default_rng(3)
    for _ in range(20):
        made = ROUTES["clusters"][1](rng, "line", design, 3.0, Constants(method=5))
        share = made.exact.mean(1, keepdims=True)
        sums = (made.exact - share).reshape(len(made.x), -1, CLUSTER_SIZE).sum(2)
        inflation = (sums**2).mean(1) / (CLUSTER_SIZE * share * (1 - share))[:, 0].clip(0.05)
        if inflation.max() > 1.3:
            return
    pytest.fail("no ladder with clusters has more noise than one without")


def test_the_other_kinds_of_logs_have_cells_and_lines_of_their_own():
    wanted = list(route_cells())
    assert {cell.route for cell in wanted} == set(ROUTES) - {"outputs"}
    assert len({cell.name for cell in wanted}) == len(wanted)
    [cell] = [cell for cell in wanted if cell.route == "groups"]
    rows = measure_family(cell, 0, 3)
    assert set(rows.filter(pl.col("task") % 4 == 3)["form"]) == {"step_of_items"}
    with_others = markdown(pl.concat([rows, rows.with_columns(route=pl.lit("outputs"))]), 3)
    assert "Where the subjects of the items are known" in with_others
    assert "items of five subjects, three runs" in with_others
    assert "24 ladders in 1 cells" in with_others
