"""The same study by every runner, in every warehouse: equal rows."""

from __future__ import annotations

import os
import signal
from contextlib import closing
from typing import Any

import pytest

from flows import analyze as analysing
from flows import score as scoring
from flows.handing import Limit
from flows.runners.cluster import Cluster
from tests.flows.make import STUDY, Workshop
from tests.scale.postgres import Server
from tests.scale.rows import rows_of

STAGES = ("pull", "score", "analyze", "report")


def is_equal(finished: Workshop, other: Workshop) -> bool:
    with closing(finished.open()) as usual, closing(other.open()) as con:
        wanted, found = rows_of(usual), rows_of(con)
    assert wanted["verdict"]
    assert found == wanted
    return True


@pytest.mark.scale
def test_a_study_goes_on_where_dask_workers_are_killed(
    finished: Workshop, workshop: Workshop, monkeypatch: pytest.MonkeyPatch
) -> None:
    workshop.fill()
    workshop.write_study(f'runner = "dask"\n{STUDY}')
    monkeypatch.setattr(scoring, "HEAVY", Limit(45, 64_000_000))
    monkeypatch.setattr(analysing, "LIGHT", Limit(1, 1))
    submit, killed = Cluster.submit, list[str]()

    def deadly(self: Cluster, work: Any, unit: Any) -> Any:
        """Begin a unit; the worker of one shard and of one ladder is killed as soon as it has them."""
        under_way = submit(self, work, unit)
        stage = type(unit).__name__
        if stage != "StageUnit" and stage not in killed:
            killed.append(stage)
            os.kill(next(iter(self.client().run(os.getpid).values())), signal.SIGKILL)
        return under_way

    monkeypatch.setattr(Cluster, "submit", deadly)
    assert not workshop.run().is_partial
    assert killed == ["ScoreUnit", "AnalyzeUnit"]
    assert is_equal(finished, workshop)


@pytest.mark.parametrize("runner", ["threads", "processes", "dask"])
def test_every_runner_gives_the_same_rows(runner: str, finished: Workshop, workshop: Workshop) -> None:
    workshop.fill()
    workshop.write_study(f'runner = "{runner}"\n{STUDY}')
    assert not workshop.run().is_partial
    assert is_equal(finished, workshop)


def test_a_lake_with_a_file_as_catalogue_gives_the_same_rows(finished: Workshop, workshop: Workshop) -> None:
    workshop.fill()
    workshop.write_study(f'warehouse = "ducklake:out/small.ducklake"\n{STUDY}')
    assert not workshop.run().is_partial
    assert is_equal(finished, workshop)
    assert workshop.run().did_nothing
    [(n,)] = workshop.rows("SELECT count(*) FROM score_by_run WHERE metric = 'exact_match'")
    assert n == 8


def test_a_lake_in_postgres_with_dask_gives_the_same_rows(
    postgres: Server, finished: Workshop, workshop: Workshop
) -> None:
    workshop.fill()
    url = postgres.new_database("whole_way")
    workshop.write_study(f'warehouse = "ducklake:{url}?data_path=rows"\nrunner = "dask"\n{STUDY}')
    assert not workshop.run(STAGES).is_partial
    assert is_equal(finished, workshop)
    assert workshop.run().did_nothing
