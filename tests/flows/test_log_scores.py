"""The log's own scores, from the file to the status; and files that are read together with others."""

from __future__ import annotations

import json
import os
import shutil
from contextlib import closing
from pathlib import Path

import polars as pl
import pytest

from flows.console import agreement_line
from flows.sources.reported import Reported, reported_frame
from flows.stage_scores import source_scores
from flows.summary import Summary, summarize
from tests.flows.make import STUDY, Workshop
from tests.flows.sources.reading import CASES

LM_EVAL = CASES / "lm_eval" / "0.4.9"
RESULTS = "results_2025-11-01T10-00-00.000001.json"
SCORES = "SELECT metric, value, recomputed, agrees, our_metric, run_id IN (FROM run SELECT run_id) FROM source_score"


@pytest.fixture
def logs(workshop: Workshop) -> Workshop:
    """A study on one task of a log of lm-evaluation-harness."""
    workshop.write_models()
    workshop.write_study(STUDY.replace("*.parquet", "*.json*"))
    shutil.copy(LM_EVAL / RESULTS, workshop.folder)
    shutil.copy(LM_EVAL / "samples_tiny_digits_2025-11-01T10-00-00.000001.jsonl", workshop.folder)
    workshop.run(("pull",))
    return workshop


def edit(workshop: Workshop, task: str, **scores: float) -> None:
    path = workshop.folder / RESULTS
    said = json.loads(path.read_text(encoding="utf-8"))
    said["results"][task] |= {name.replace("__", ","): value for name, value in scores.items()}
    path.write_text(json.dumps(said), encoding="utf-8")


def summary(workshop: Workshop) -> Summary:
    with closing(workshop.open()) as con:
        return summarize(con)


def test_the_scores_of_a_log_are_stored_beside_the_same_recomputed(logs: Workshop) -> None:
    rows = logs.rows(f"{SCORES} WHERE task_id = 'tiny_digits' ORDER BY metric")
    assert [(metric, ours) for metric, _, _, _, ours, _ in rows][:2] == [
        ("acc", "multiple_choice_grade"),
        ("brier_score", "brier_score_lm_eval"),
    ]
    assert all(agrees and has_run and value == pytest.approx(again) for _, value, again, agrees, _, has_run in rows)


def test_scores_without_samples_are_kept_apart(logs: Workshop) -> None:
    rows = logs.rows(f"{SCORES} WHERE task_id <> 'tiny_digits'")
    assert rows
    assert {(again, agrees, has_run) for _, _, again, agrees, _, has_run in rows} == {(None, None, False)}
    assert logs.rows("SELECT count(*) FROM log_curve") == [(len(rows),)]


def test_a_score_that_differs_is_a_finding_with_both_numbers(logs: Workshop) -> None:
    (true,) = logs.rows("SELECT value FROM source_score WHERE task_id = 'tiny_digits' AND metric = 'acc'")
    edit(logs, "tiny_digits", acc__none=0.123)
    logs.run(("pull",))
    (finding,) = logs.findings("score_differs")
    assert "0.123" in finding["reason"]
    assert repr(true[0]) in finding["reason"]
    assert agreement_line(summary(logs)) == "0% of runs agree with their log's own scores (0 of 1)."


def test_a_changed_results_file_has_the_samples_read_again(logs: Workshop) -> None:
    edit(logs, "tiny_digits", acc__none=0.123)
    outcome = logs.run(("pull",))
    assert outcome.pulled is not None
    assert outcome.pulled.n_read == 2
    assert logs.rows("SELECT value FROM source_score WHERE task_id = 'tiny_digits' AND metric = 'acc'") == [(0.123,)]
    again = logs.run(("pull",))
    assert again.pulled is not None
    assert (again.pulled.n_read, again.pulled.n_unchanged) == (0, 2)


def test_a_touched_results_file_is_hashed_and_not_read_again(logs: Workshop) -> None:
    os.utime(logs.folder / RESULTS, ns=(1, 1))
    for _ in range(2):
        outcome = logs.run(("pull",))
        assert outcome.pulled is not None
        assert (outcome.pulled.n_read, outcome.pulled.n_unchanged) == (0, 2)
    (stamp,) = logs.rows("SELECT beside_stamp FROM source_file WHERE beside_stamp IS NOT NULL")
    assert stamp[0].endswith(":1")


def test_a_results_file_that_is_gone_is_a_change(logs: Workshop) -> None:
    (logs.folder / RESULTS).unlink()
    outcome = logs.run(("pull",))
    assert outcome.is_partial
    assert [finding["uri"] for finding in logs.findings("no_model")] == [
        "samples_tiny_digits_2025-11-01T10-00-00.000001.jsonl"
    ]


def test_status_says_how_many_runs_agree(logs: Workshop) -> None:
    assert agreement_line(summary(logs)) == "100% of runs agree with their log's own scores (1 of 1)."
    counts = {"runs_agreeing": 2, "runs_differing": 1, "runs_not_compared": 4}
    text = "67% of runs agree with their log's own scores (2 of 3; 4 more had nothing to compare)."
    assert agreement_line(Summary(counts, [], [])) == text


def test_status_of_tables_has_nothing_to_compare(ready: Workshop) -> None:
    assert agreement_line(summary(ready)) == "No log states a score to compare with."
    assert summary(ready).counts["runs_not_compared"] == 8


def frame(**run: object) -> pl.DataFrame:
    fields = {"model_id": "m", "task_id": "t", **run}
    found = reported_frame([Reported(fields, "acc", 0.5), Reported(fields, "acc", 0.7)])
    assert found is not None
    return found


def test_a_score_belongs_to_the_one_run_it_fits() -> None:
    run = {"run_id": "r", "model_id": "m", "task_id": "t", "n_shots": 3, "prompting": None, "filter": "none"}
    found = source_scores([frame()], [run], "f", {})
    assert found.select("run_id", "value", "filter").rows() == [("r", 0.5, None)]
    other = source_scores([frame()], [run, run | {"run_id": "q", "filter": "strict"}], "f", {})
    assert other["run_id"][0] not in ("r", "q")
    assert source_scores([frame(n_shots=4)], [run], "f", {})["run_id"][0] != "r"
    assert source_scores([frame()], [], "f", {"t": {"n_shots": 3}})["n_shots"].to_list() == [3]
    assert source_scores([], [run], "f", {}).is_empty()


def test_every_format_with_files_beside_names_them() -> None:
    from flows.sources.registry import sources

    beside = {
        "lm_eval/0.4.9/samples_tiny_digits_2025-11-01T10-00-00.000001.jsonl": {RESULTS},
        "lm_eval/0.4.2/pretrained__some__tiny-70m,revision__step1000_tiny_mc.jsonl": {"results.json"},
        "helm/0.5-joint/scenario_state.json": {"run_spec.json", "stats.json", "per_instance_stats.json"},
    }
    for name, expected in beside.items():
        path = CASES / name
        reader = sources()[name.split("/")[0]]
        found = {companion.name for companion in reader.companions(path)}
        assert found == {one for one in expected if (path.parent / one).exists()}
        assert found
    for format in ("olmes", "lighteval", "opencompass"):
        paths = [path for path in (CASES / format).rglob("*") if path.is_file()]
        named: set[Path] = {one for path in paths for one in sources()[format].companions(path)}
        assert named <= set(paths)
        assert named, format
