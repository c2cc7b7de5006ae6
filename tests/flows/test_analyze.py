from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal
from statsmodels.stats.multitest import multipletests

from flows import analyze as analysing
from flows.analyze import benjamini_hochberg
from flows.handing import Limit
from flows.session import Outcome
from tests.flows.make import SIZES, STUDY, Workshop, model_name, outputs

VERDICTS = "SELECT * FROM verdict ORDER BY ladder_id"


def analyzed(outcome: Outcome) -> tuple[int, int, int, int]:
    assert outcome.analyzed is not None
    found = outcome.analyzed
    return found.n_ladders, found.n_analyzed, found.n_removed, found.n_failed


def test_every_ladder_has_a_verdict_with_its_reason(ready: Workshop) -> None:
    rows = ready.rows(
        "SELECT l.task_id, l.n_scales, l.n_items, v.reason FROM ladder l JOIN verdict v USING (ladder_id)"
    )
    assert sorted(row[:3] for row in rows) == [("add", 4, 20), ("copy", 4, 20)]
    assert all(reason for *_, reason in rows)
    tables = ("curve", "curve_run", "change", "description", "resolution", "ladder_run")
    for table in tables:
        counted = ready.rows(f"SELECT count(DISTINCT ladder_id) FROM {table}")
        assert counted == [(2,)], table


def test_a_second_run_analyses_nothing(ready: Workshop) -> None:
    before = ready.rows(VERDICTS)
    assert analyzed(ready.run()) == (2, 0, 0, 0)
    assert ready.rows(VERDICTS) == before


def test_only_the_ladders_of_a_changed_file_are_analysed_again(ready: Workshop) -> None:
    before = dict(ready.rows("SELECT task_id, analysed_at FROM ladder"))
    ready.write("add.parquet", outputs("add", seed=1))
    assert analyzed(ready.run()) == (2, 1, 0, 0)
    after = dict(ready.rows("SELECT task_id, analysed_at FROM ladder"))
    assert after["copy"] == before["copy"]
    assert after["add"] > before["add"]


def test_ladders_that_the_study_has_no_more_are_removed(ready: Workshop) -> None:
    ready.write_study(STUDY.replace('models = "m*"', 'models = "m*"\ntasks = "add"'))
    assert analyzed(ready.run()) == (1, 0, 1, 0)
    assert ready.rows("SELECT count(*) FROM ladder") == [(1,)]
    assert ready.rows("SELECT count(DISTINCT ladder_id) FROM curve") == [(1,)]
    assert ready.rows("SELECT count(*) FROM sample") == [(160,)]


def test_two_sizes_are_too_short_to_tell(workshop: Workshop) -> None:
    workshop.fill(["add"])
    workshop.write("add.parquet", outputs("add", sizes=(1e4, 1e7)))
    workshop.run()
    ((verdict, reason, needed),) = workshop.rows("SELECT verdict, reason, needed FROM verdict")
    assert verdict == "undetermined"
    assert "2" in reason
    assert needed


def test_items_missing_at_one_size_are_dropped_and_told(workshop: Workshop) -> None:
    workshop.fill(["add"])
    gap = (pl.col("model_id") == "m100000") & pl.col("item_id").is_in(["i3", "i4"])
    workshop.write("add.parquet", outputs("add").filter(~gap))
    workshop.run()
    assert workshop.rows("SELECT n_items, n_items_dropped FROM ladder") == [(18, 2)]
    (finding,) = workshop.findings("items_not_paired")
    assert "2 of 20 items were not answered by every run" in finding["reason"]


def test_a_metric_the_study_no_longer_asks_for_is_not_drawn_from_old_scores(ready: Workshop) -> None:
    ready.write_study('metrics = ["exact_match"]\n' + STUDY)
    assert analyzed(ready.run()) == (2, 2, 0, 0)
    drawn = {metric for (metric,) in ready.rows("SELECT DISTINCT metric FROM curve")}
    assert drawn <= {"exact_match", "per_token_accuracy_char"}
    assert "exact_match" in drawn


def test_floors_of_the_runs_are_drawn_under_their_curves(ready: Workshop) -> None:
    floors = "SELECT ladder_id, scale_index, value FROM floor JOIN ladder_run USING (run_id) WHERE kind = 'shuffled'"
    curve = "SELECT ladder_id, scale_index, floor FROM curve WHERE"
    metric = "metric = 'token_edit_similarity_char' ORDER BY ALL"
    expected = ready.rows(f"{floors} AND {metric}")
    assert len(expected) == 8
    assert ready.rows(f"{curve} {metric}") == expected


@pytest.mark.one_process
def test_a_ladder_that_breaks_the_analysis_keeps_what_was_stored(
    ready: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = ready.rows(VERDICTS)
    from metrics.analysis import analyze_ladder as real

    def breaks(rows: pl.DataFrame, info: object, *more: object) -> object:
        if info.task_id == "add":  # type: ignore[attr-defined]
            raise FloatingPointError("such a ladder")
        return real(rows, info, *more)  # type: ignore[arg-type]

    monkeypatch.setattr("metrics.analysis.analyze_ladder", breaks)
    ready.write_study("seed = 5\n" + STUDY)
    outcome = ready.run()
    assert analyzed(outcome) == (2, 1, 0, 1)
    assert outcome.is_partial
    (finding,) = ready.findings("analysis_failed")
    assert "FloatingPointError: such a ladder" in finding["reason"]
    kept = [row for row in ready.rows(VERDICTS) if "--add--" in str(row[0])]
    assert kept == [row for row in before if "--add--" in str(row[0])]
    monkeypatch.undo()
    assert analyzed(ready.run()) == (2, 1, 0, 0)
    assert ready.findings("analysis_failed") == []


def test_processes_and_threads_give_the_same_tables(ready: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    query = "SELECT * EXCLUDE (decided_at) FROM verdict ORDER BY ladder_id"
    before = ready.rows(query)
    monkeypatch.setattr(analysing, "HEAVY_LADDERS", 1)
    monkeypatch.setattr(analysing, "HEAVY", Limit(1, 1))
    monkeypatch.setattr("flows.ladders.ANALYSIS_VERSION", 99)
    assert analyzed(ready.run()) == (2, 2, 0, 0)
    assert ready.rows(query) == before


def test_the_break_tails_of_a_study_are_adjusted_together(ready: Workshop) -> None:
    with ready.open() as con:
        tails = con.sql("SELECT ladder_id, break_tail, break_tail_adjusted FROM verdict ORDER BY ladder_id").pl()
    tested = tails.filter(pl.col("break_tail").is_not_null())
    expected = tested.with_columns(
        break_tail_adjusted=pl.Series(benjamini_hochberg(tested["break_tail"].to_list()), dtype=pl.Float64)
    )
    assert_frame_equal(tested, expected)
    assert tails.filter(pl.col("break_tail").is_null())["break_tail_adjusted"].null_count() == 2 - tested.height


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_the_adjustment_equals_that_of_statsmodels(tails: list[float]) -> None:
    assert benjamini_hochberg(tails) == pytest.approx(multipletests(tails, method="fdr_bh")[1], abs=1e-12)


def test_nothing_tested_needs_no_adjustment() -> None:
    assert benjamini_hochberg([]) == []


def test_a_table_of_choices_gets_a_verdict_on_the_grade(workshop: Workshop) -> None:
    random = np.random.default_rng(3)
    rows = [
        {
            "model_id": model_name(size),
            "task_id": "quiz",
            "item_id": f"i{item}",
            "choices": ["yes", "no"],
            "choice_logprobs": [float(min(-2 + 0.1 * np.log10(size) * random.normal(1, 1), 0)), -2.0],
            "choice_unconditional_logprobs": [-1.0, -3.0],
            "gold": 0,
            "targets": ["yes"],
        }
        for size in SIZES
        for item in range(60)
    ]
    workshop.write_study()
    workshop.write_models()
    workshop.write("quiz.parquet", pl.DataFrame(rows))
    workshop.run()
    metrics = ("multiple_choice_grade", "correct_choice_probability", 0.5, 60)
    query = "SELECT discontinuous_metric, smooth_metric, chance, n_items FROM ladder"
    assert workshop.rows(query) == [metrics]
    [(verdict, reason)] = workshop.rows("SELECT verdict, reason FROM verdict")
    assert verdict != "genuine_break"
    assert "no item" not in reason
    assert workshop.rows("SELECT count(multiple_choice_grade_unconditional), count(exact_match) FROM score") == [
        (240, 0)
    ]
    assert workshop.rows("SELECT DISTINCT knob FROM knob_by_setting") == [("threshold",)]
