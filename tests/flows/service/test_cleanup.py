"""What is forgotten is gone from every byte; what nothing needs goes; nothing else does."""

from __future__ import annotations

import os
import time
from contextlib import closing
from pathlib import Path

import polars as pl
import pytest

from flows.service.cleanup import collect, forget_for_good, list_forgotten, matching, remembered
from flows.session import run_direct
from tests.flows.make import SIZES, STUDY, Said, Workshop, model_name, outputs
from tests.flows.service.planted import tables
from warehouse.db import open_warehouse, published_path
from warehouse.doctor import examine

ALL = ("pull", "score", "analyze", "report")
PLANTED = "zebra-crossing-under-moonlight"
UNKNOWN = 313.0


def places_with(folder: Path, text: str) -> list[str]:
    """Files written by the program that hold a text, and tables of its databases, which may hold it compressed.

    That a name was forgotten has to be known, so as not to read it again.
    """
    files = [path for path in folder.rglob("*") if path.is_file()]
    found = {str(path.relative_to(folder)) for path in files if text.encode() in path.read_bytes()}
    for path in files:
        if path.suffix == ".duckdb":
            with closing(open_warehouse(path, read_only=True)) as con:
                found |= {f"{path.name}, {name}" for name, rows in tables(con) if text in rows and name != "forgotten"}
    return sorted(found)


@pytest.fixture
def published(workshop: Workshop) -> Workshop:
    """Two tasks with snapshot and pages; every output of the largest model holds the planted text.

    Of one more model nobody knows the size, and a finding names it.
    """
    workshop.fill()
    largest = pl.col("model_id") == model_name(SIZES[-1])
    for task, more in (("add", ()), ("copy", (UNKNOWN,))):
        frame = outputs(task, sizes=(*SIZES, *more)).with_columns(
            output=pl.when(largest).then(pl.lit(PLANTED)).otherwise("output")
        )
        workshop.write(f"{task}.parquet", frame)
    run_direct(workshop.study(), Said(), 0, ALL)
    return workshop


def test_a_forgotten_model_is_in_no_file_and_stays_away(published: Workshop) -> None:
    study, model, pattern = published.study(), model_name(SIZES[-1]), "m1000000?"
    assert places_with(published.folder / "out", PLANTED), "it is planted"
    old = study.warehouse_path.with_name("mirage.backup-v1.duckdb")
    old.write_bytes(study.warehouse_path.read_bytes())
    matches, outcome = forget_for_good(study, "model", pattern, Said(), 0)
    assert (len(matches.run_ids), matches.n_samples, len(matches.ladder_ids)) == (2, 40, 2)
    assert outcome.published is not None
    for text in (PLANTED, model):
        assert places_with(published.folder / "out", text) == []
    assert not old.exists()
    assert published.rows("SELECT DISTINCT n_runs FROM ladder") == [(3,)]
    with published.open() as con:
        assert [p for p in examine(con, published_path(study.warehouse_path)) if p.severity == "error"] == []
    for task in ("add", "copy"):
        os.utime(published.folder / f"{task}.parquet")
    published.write("sort.parquet", outputs("sort"))
    run_direct(study, Said(), 0, ALL)
    assert places_with(published.folder / "out", model) == [], "the study's own table of models names it"
    assert published.rows("SELECT count(*) FROM run") == [(10,)]
    assert list_forgotten(study) == [("model", pattern)]


def test_a_forgotten_model_is_in_no_finding(published: Workshop) -> None:
    assert "mirage.published.duckdb, finding" in places_with(published.folder / "out", model_name(UNKNOWN))
    forget_for_good(published.study(), "model", "m31?", Said(), 0)
    assert places_with(published.folder / "out", model_name(UNKNOWN)) == []
    assert published.rows("SELECT count(*) FROM run") == [(8,)]


def test_a_forgotten_file_is_not_read_again_until_it_is_remembered(published: Workshop) -> None:
    study = published.study()
    matches, _ = forget_for_good(study, "source", "ad?.parquet", Said(), 0)
    assert len(matches.uris) == 1
    assert len(matches.run_ids) == 4
    for text in (*matches.uris, *matches.run_ids, "add 7="):
        assert places_with(published.folder / "out", text) == []
    published.run()
    assert published.rows("SELECT DISTINCT task_id FROM run") == [("copy",)]
    assert published.rows("SELECT DISTINCT task_id FROM item") == [("copy",)]
    assert remembered(study, "source", "ad?.parquet", Said(), 0)
    published.run()
    assert published.rows("SELECT count(DISTINCT task_id) FROM run") == [(2,)]


def test_a_forgotten_run_leaves_the_others_of_its_file(published: Workshop) -> None:
    [(run_id,)] = published.rows("SELECT run_id FROM run WHERE task_id = 'add' AND model_id = 'm10000'")
    forget_for_good(published.study(), "run", f"*{run_id[1:]}", Said(), 0)
    assert places_with(published.folder / "out", run_id) == []
    published.write("add.parquet", outputs("add", seed=1))
    published.run()
    assert published.rows("SELECT count(*) FROM run WHERE task_id = 'add'") == [(3,)]
    assert published.rows("SELECT count(*) FROM finding WHERE severity = 'error'") == [(0,)]


def test_looking_changes_nothing(published: Workshop) -> None:
    study = published.study()
    before = study.warehouse_path.read_bytes()
    assert not matching(study, "model", "m*").is_empty
    assert matching(study, "model", "nobody").is_empty
    assert collect(study, Said(), 0, dry_run=True) == []
    assert study.warehouse_path.read_bytes() == before


def test_left_overs_go_and_what_is_used_stays(published: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = published.folder / "cache"
    monkeypatch.setenv("MIRAGE_CACHE", str(cache))
    cache.mkdir()
    study = published.study()
    out = study.warehouse_path.parent
    dead, fresh = out / ".mirage.published.duckdb.77.tmp", out / ".mirage.published.duckdb.78.tmp"
    unused, used = cache / "unused.js", cache / "used.js"
    (study.work_path / "staged").mkdir(parents=True)
    (study.work_path / "staged" / "x").write_bytes(b"1234")
    for path in (dead, fresh, unused, used):
        path.write_bytes(b"1234")
    long_ago = time.time() - 40 * 86400
    for path in (dead, unused):
        os.utime(path, (long_ago, long_ago))
    would = collect(study, Said(), 0, dry_run=True)
    assert {Path(litter.what) for litter in would} == {dead, unused, study.work_path / "staged"}
    assert dead.exists()
    assert {litter.what for litter in collect(study, Said(), 0, dry_run=False)} <= {litter.what for litter in would}
    assert not dead.exists()
    assert not unused.exists()
    assert not fresh.exists(), "whoever holds the lock is alone, so it is nobody's"
    assert used.exists()
    assert published.run().did_nothing


def test_a_file_full_of_holes_is_written_anew(published: Workshop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flows.service.cleanup.WORTH_REWRITING", 0.0)
    before = {
        t: published.rows(f"SELECT count(*) FROM {t}") for t in ("run", "sample", "score", "verdict", "pipeline_run")
    }
    [litter] = collect(published.study(), Said(), 0, dry_run=False)
    assert litter.what.endswith("mirage.duckdb")
    assert before == {t: published.rows(f"SELECT count(*) FROM {t}") for t in before}
    assert published.run().did_nothing


def test_old_publications_lose_their_verdicts(published: Workshop) -> None:
    for seed in (1, 2, 3):
        published.write("add.parquet", outputs("add", seed=seed))
        run_direct(published.study(), Said(), 0, ALL)
    published.write_study(STUDY + "\n[retention]\ngenerations = 2\n")
    collect(published.study(), Said(), 0, dry_run=False)
    assert published.rows("SELECT DISTINCT generation FROM publication_verdict ORDER BY ALL") == [(3,), (4,)]
    assert published.rows("SELECT count(*) FROM publication") == [(4,)]
