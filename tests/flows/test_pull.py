from __future__ import annotations

import os
from contextlib import closing

import duckdb
import polars as pl
import pytest

from flows import pull_commit
from flows.session import Outcome
from tests.flows.make import STUDY, Workshop, outputs

CONTENT = (
    "SELECT * FROM run ORDER BY ALL",
    "SELECT * FROM sample ORDER BY run_id, item_id, repeat",
    "SELECT * FROM item ORDER BY task_id, item_id",
)


def content(workshop: Workshop) -> list[list[tuple[object, ...]]]:
    return [workshop.rows(query) for query in CONTENT]


def pull(workshop: Workshop) -> Outcome:
    return workshop.run(("pull",))


def test_files_become_runs_samples_and_items(ready: Workshop) -> None:
    assert ready.rows("SELECT uri, format, n_rows, n_quarantined FROM source_file ORDER BY uri") == [
        ("add.parquet", "table", 80, 0),
        ("copy.parquet", "table", 80, 0),
    ]
    assert ready.rows("SELECT count(*), count(DISTINCT model_id), sum(n_samples) FROM run") == [(8, 4, 160)]
    assert ready.rows("SELECT count(*) FROM sample") == [(160,)]
    assert ready.rows("SELECT count(*) FROM item") == [(40,)]
    assert ready.rows("SELECT count(*) FROM finding") == [(0,)]


def test_a_second_run_opens_no_file(ready: Workshop) -> None:
    for name in ("add.parquet", "copy.parquet"):
        os.chmod(ready.folder / name, 0)
    before = content(ready)
    outcome = pull(ready)
    assert outcome.pulled is not None
    assert (outcome.pulled.n_unchanged, outcome.pulled.n_read) == (2, 0)
    assert str(outcome.pulled) == "2 files unchanged"
    assert content(ready) == before


def test_a_touched_file_is_hashed_once_and_then_known_by_its_time(ready: Workshop) -> None:
    os.utime(ready.folder / "add.parquet", ns=(1, 1))
    for _ in range(2):
        outcome = pull(ready)
        assert outcome.pulled is not None
        assert (outcome.pulled.n_unchanged, outcome.pulled.n_read) == (2, 0)
        assert ready.rows("SELECT modified_ns FROM source_file WHERE uri = 'add.parquet'") == [(1,)]


def test_a_changed_file_replaces_its_runs(ready: Workshop) -> None:
    other = ready.rows("SELECT * FROM run WHERE task_id = 'copy' ORDER BY run_id")
    ready.write("add.parquet", outputs("add", sizes=(1e4, 1e5, 1e6), n_items=10))
    outcome = pull(ready)
    assert outcome.pulled is not None
    assert (outcome.pulled.n_read, outcome.pulled.n_unchanged) == (1, 1)
    assert ready.rows("SELECT model_id, n_samples FROM run WHERE task_id = 'add' ORDER BY model_id") == [
        ("m10000", 10),
        ("m100000", 10),
        ("m1000000", 10),
    ]
    assert ready.rows("SELECT count(*) FROM sample") == [(110,)]
    assert ready.rows("SELECT * FROM run WHERE task_id = 'copy' ORDER BY run_id") == other


def test_other_settings_read_the_file_again(ready: Workshop) -> None:
    ready.write_study(STUDY.replace('"*.parquet"', '"*.parquet"\nn_shots = 3'))
    outcome = pull(ready)
    assert outcome.pulled is not None
    assert outcome.pulled.n_read == 2
    assert ready.rows("SELECT DISTINCT n_shots FROM run") == [(3,)]
    assert ready.rows("SELECT count(*) FROM run") == [(8,)]


def test_a_missing_file_is_told_and_what_was_stored_stays(ready: Workshop) -> None:
    ready.write_study(STUDY.replace('"*.parquet"', '["add.parquet", "copy.parquet"]'))
    (ready.folder / "add.parquet").rename(ready.folder / "elsewhere.bak")
    before = content(ready)
    outcome = pull(ready)
    assert outcome.is_partial
    assert content(ready) == before
    (finding,) = ready.findings("missing_file")
    assert (finding["uri"], finding["action"]) == ("add.parquet", "nothing read; what was stored of it stays")
    (ready.folder / "elsewhere.bak").rename(ready.folder / "add.parquet")
    assert not pull(ready).is_partial
    assert ready.findings("missing_file") == []


def test_a_file_the_study_no_longer_names_keeps_its_data(ready: Workshop) -> None:
    (ready.folder / "add.parquet").unlink()
    before = content(ready)
    outcome = pull(ready)
    assert not outcome.is_partial
    assert content(ready) == before
    (finding,) = ready.findings("disappeared")
    assert (finding["uri"], finding["action"]) == ("add.parquet", "its runs stay in the warehouse")


@pytest.mark.parametrize("damage", [b"PAR1 but not really", b""])
def test_an_unreadable_file_is_told_and_what_was_stored_stays(ready: Workshop, damage: bytes) -> None:
    path = ready.folder / "add.parquet"
    whole = path.read_bytes()
    path.write_bytes(damage)
    before = content(ready)
    outcome = pull(ready)
    assert outcome.is_partial
    assert outcome.pulled is not None
    assert (outcome.pulled.n_failed, outcome.pulled.n_unchanged) == (1, 1)
    assert content(ready) == before
    assert [finding["uri"] for finding in ready.findings("unreadable")] == ["add.parquet"]
    path.write_bytes(whole)
    assert not pull(ready).is_partial
    assert ready.findings("unreadable") == []


def test_a_wrong_column_name_is_told_and_what_was_stored_stays(ready: Workshop) -> None:
    before = content(ready)
    ready.write_study(STUDY.replace('"*.parquet"', '"*.parquet"\nmapping = { output = "outputs" }'))
    outcome = pull(ready)
    assert outcome.is_partial
    assert content(ready) == before
    found = ready.findings("wrong_column")
    assert [finding["uri"] for finding in found] == ["add.parquet", "copy.parquet"]
    assert "'outputs' is not a column of it. Did you mean 'output'?" in found[0]["reason"]


def test_bad_rows_are_left_out_and_stay_told_while_the_file_is_unchanged(ready: Workshop) -> None:
    frame = outputs("add")
    twice = frame.slice(5, 1).with_columns(output=pl.lit("other"))
    ready.write("add.parquet", pl.concat([frame, twice]))
    for is_first in (True, False):
        outcome = pull(ready)
        assert outcome.is_partial == is_first
        (finding,) = ready.findings("duplicate")
        assert (finding["uri"], finding["line"], finding["action"]) == ("add.parquet", 81, "row left out")
    assert ready.rows("SELECT n_rows, n_quarantined FROM source_file WHERE uri = 'add.parquet'") == [(81, 1)]
    ready.write("add.parquet", frame)
    pull(ready)
    assert ready.findings("duplicate") == []


def test_the_same_run_from_two_files_is_stored_once(ready: Workshop) -> None:
    before = content(ready)
    ready.write("again.parquet", outputs("add").reverse())
    outcome = pull(ready)
    assert not outcome.is_partial
    assert content(ready) == before
    found = ready.findings("run_taken")
    assert len(found) == 4
    assert {finding["severity"] for finding in found} == {"note"}
    assert "is stored from add.parquet" in found[0]["reason"]


def test_another_content_of_a_known_run_is_left_out(ready: Workshop) -> None:
    before = content(ready)
    ready.write("zz.parquet", pl.concat([outputs("add", seed=1, sizes=(1e4,)), outputs("new", sizes=(1e4,))]))
    outcome = pull(ready)
    assert outcome.is_partial
    (finding,) = ready.findings("run_taken")
    assert (finding["severity"], finding["uri"]) == ("error", "zz.parquet")
    assert "give one of the two another setting" in finding["action"]
    assert content(ready)[0][:8] != []
    assert set(before[0]) <= set(content(ready)[0])
    assert ready.rows("SELECT task_id, n_samples FROM run WHERE uri = 'zz.parquet'") == [("new", 20)]


@pytest.mark.parametrize("group_files", [1, 64])
def test_how_files_are_grouped_changes_nothing(
    workshop: Workshop, monkeypatch: pytest.MonkeyPatch, group_files: int
) -> None:
    monkeypatch.setattr(pull_commit, "GROUP_FILES", group_files)
    workshop.write_study()
    workshop.write_models()
    workshop.write("a.parquet", outputs("add"))
    workshop.write("b.parquet", outputs("add", seed=1).with_columns(category=pl.lit("later")))
    workshop.write("c.parquet", pl.concat([outputs("add", sizes=(1e4,)), outputs("copy", sizes=(1e4,))]))
    (workshop.folder / "d.parquet").write_bytes(b"x")
    outcome = pull(workshop)
    assert outcome.pulled is not None
    assert str(outcome.pulled) == "3 files read (100 samples, 5 runs), 1 not readable"
    assert workshop.rows("SELECT uri, count(*) FROM run GROUP BY uri ORDER BY uri") == [
        ("a.parquet", 4),
        ("c.parquet", 1),
    ]
    assert workshop.rows("SELECT task_id, category, count(*) FROM item GROUP BY ALL ORDER BY ALL") == [
        ("add", None, 20),
        ("copy", None, 20),
    ]
    assert [(one["uri"], one["severity"]) for one in workshop.findings("run_taken")] == [
        *[("b.parquet", "error")] * 4,
        ("c.parquet", "note"),
    ]


def test_a_run_whose_file_lets_go_of_it_is_taken_from_the_next(ready: Workshop) -> None:
    ready.write("zz.parquet", outputs("add", seed=1, sizes=(1e4,)))
    pull(ready)
    ready.write("add.parquet", outputs("add", sizes=(1e5, 1e6, 1e7)))
    pull(ready)
    pull(ready)
    assert ready.rows("SELECT uri FROM run WHERE model_id = 'm10000' AND task_id = 'add'") == [("zz.parquet",)]
    assert ready.findings("run_taken") == []


def test_a_moved_file_takes_its_runs_along(ready: Workshop) -> None:
    (ready.folder / "add.parquet").rename(ready.folder / "moved.parquet")
    outcome = pull(ready)
    assert not outcome.is_partial
    assert ready.rows("SELECT DISTINCT uri FROM run WHERE task_id = 'add'") == [("moved.parquet",)]
    assert ready.rows("SELECT count(*) FROM run") == [(8,)]


def test_one_name_for_other_questions_is_told(ready: Workshop) -> None:
    shifted = outputs("add", sizes=(1e8,)).with_columns(
        targets=pl.when(pl.col("item_id").is_in(["i3", "i4"])).then(pl.lit(["other"])).otherwise("targets")
    )
    ready.write("larger.parquet", shifted)
    pull(ready)
    (finding,) = ready.findings("items_differ")
    assert finding["severity"] == "warning"
    assert finding["reason"].startswith("2 of 20 items of add have other targets in some runs, the first item 'i3'")
    (ready.folder / "larger.parquet").unlink()
    ready.write("larger.parquet", outputs("add", sizes=(1e8,)))
    pull(ready)
    assert ready.findings("items_differ") == []


@pytest.mark.in_file
def test_work_files_are_gone_afterwards(ready: Workshop) -> None:
    ready.write("add.parquet", outputs("add", n_items=5))
    ready.run()
    assert sorted(path.name for path in (ready.folder / "out").iterdir()) == [
        "mirage.duckdb",
        "mirage.last-run.json",
    ]


def test_several_formats_in_one_study(workshop: Workshop) -> None:
    workshop.fill(["add"])
    lines = outputs("copy").write_ndjson()
    (workshop.folder / "copy.jsonl").write_text(lines, encoding="utf-8")
    workshop.write_study(STUDY.replace('"*.parquet"', '["*.parquet", "*.jsonl"]'))
    pull(workshop)
    assert workshop.rows("SELECT uri, count(*) FROM run GROUP BY uri ORDER BY uri") == [
        ("add.parquet", 4),
        ("copy.jsonl", 4),
    ]
    assert workshop.rows("SELECT targets, target_is_argmax FROM sample WHERE target_logprobs IS NULL") == []


@pytest.mark.in_file
def test_the_working_file_can_be_read_by_others_afterwards(ready: Workshop) -> None:
    with closing(duckdb.connect(str(ready.study().warehouse_path), read_only=True)) as con:
        assert con.execute("SELECT count(*) FROM run").fetchone() == (8,)
