from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator

import pytest

from flows.plugins import VARIABLE, PluginsNotAllowedError
from flows.run_scores import all_metrics
from metrics import plugins
from metrics.registry import METRICS
from tests.flows.commands.conftest import Mirage
from tests.flows.make import STUDY, Workshop

SOURCE = """
import polars as pl
from metrics.registry import metric

@metric("{name}", label="Same first character", kind="discontinuous", unit="share", low=0, high=1, default=False,
        needs=("output", "targets"), definition="1 if the first characters agree", source="a user")
def same_start(batch):
    first = pl.col("output").str.head(1) == pl.col("targets").list.first().str.head(1)
    return batch.samples.select({expression}).to_series()
"""


@pytest.fixture
def own(workshop: Workshop, monkeypatch: pytest.MonkeyPatch) -> Iterator[Workshop]:
    """A study that names a metric of its own; what it loads is forgotten afterwards."""
    monkeypatch.delenv(VARIABLE, raising=False)
    before, modules, loaded = set(METRICS), set(sys.modules), dict(plugins._LOADED)
    workshop.fill(["add"])
    yield workshop
    os.environ.pop(VARIABLE, None)
    for name in set(METRICS) - before:
        del METRICS[name]
    for name in set(sys.modules) - modules:
        if str(workshop.folder) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]
    plugins._LOADED.clear()
    plugins._LOADED.update(loaded)


def write(workshop: Workshop, module: str, name: str, expression: str = "first.cast(pl.Float64)") -> None:
    (workshop.folder / f"{module}.py").write_text(SOURCE.format(name=name, expression=expression))
    workshop.write_study(f'metrics = ["exact_match", "{module}:same_start"]\n' + STUDY)


def test_every_metric_is_listed(mirage: Mirage) -> None:
    done = mirage("metrics")
    assert done.exit_code == 0
    found = json.loads(mirage("metrics", "--json").stdout)
    names = all_metrics()["name"].to_list()
    assert [row["name"] for row in found] == names
    for name in names:
        [line] = [line for line in done.stdout.splitlines() if line.split()[:1] == [name]]
    [line] = [line for line in done.stdout.splitlines() if line.split()[:1] == ["pass_at_10"]]
    assert "0…1" in line
    assert "output, targets" in line
    assert "Chen et al. 2021" in line


def test_the_catalogue_keeps_its_own_contract(mirage: Mirage) -> None:
    done = mirage("metrics", "check", "--json")
    found = json.loads(done.stdout)
    broken = [metric for metric in found["metrics"] if any(clause["problems"] for clause in metric["clauses"])]
    assert broken == []
    assert (done.exit_code, found["status"]) == (0, "kept")
    assert len(found["metrics"]) >= 50


def test_code_of_a_study_runs_only_with_leave(own: Workshop, mirage: Mirage) -> None:
    write(own, "sneaky_plugin", "users_sneaky")
    (own.folder / "sneaky_plugin.py").write_text("raise RuntimeError('this ran')")
    for command in (("run", "--direct"), ("score",), ("analyze",), ("metrics", "check")):
        done = mirage(*command, own.path)
        assert done.exit_code == 1
        assert "--allow-plugins" in done.stderr.replace("\n", " ")
        assert "sneaky_plugin.py" in done.stderr.replace("\n", "")
        assert "this ran" not in done.stderr
    with pytest.raises(PluginsNotAllowedError):
        own.run()
    assert mirage("pull", own.path).exit_code == 0
    assert "this ran" in mirage("score", own.path, "--allow-plugins").stderr


def test_a_metric_of_ones_own_is_scored_and_analysed(own: Workshop, mirage: Mirage) -> None:
    write(own, "fine_plugin", "users_fine")
    assert mirage("run", own.path, "--direct", "--allow-plugins").exit_code == 0
    os.environ[VARIABLE] = "1"
    [(scored, low, high)] = own.rows("SELECT count(users_fine), min(users_fine), max(users_fine) FROM score")
    assert (scored, low, high) == (80, 0, 1)
    assert own.rows("SELECT count(*) FROM curve WHERE metric = 'users_fine'") == [(4,)]
    assert own.rows("SELECT label FROM metric WHERE name = 'users_fine'") == [("Same first character",)]
    assert own.run().did_nothing


def test_what_breaks_the_contract_is_shown_with_its_example(own: Workshop, mirage: Mirage) -> None:
    write(own, "poor_plugin", "users_poor", "first.cast(pl.Float64) + 1")
    done = mirage("metrics", "check", own.path, "--allow-plugins")
    assert done.exit_code == 1
    assert "users_poor  2 of 7 clauses broken" in done.stdout
    assert "FAIL bounds" in done.stdout
    assert "gave more than high 1: 2.0 for output '12' with targets ['12']" in done.stdout
    assert "ok   rows alone" in done.stdout
    found = json.loads(mirage("metrics", "check", own.path, "--allow-plugins", "--json").stdout)
    assert found["status"] == "broken"
    assert [clause["name"] for clause in found["metrics"][0]["clauses"] if clause["problems"]] == [
        "bounds",
        "direction",
    ]


def test_a_study_without_a_metric_of_its_own_says_how_to_name_one(own: Workshop, mirage: Mirage) -> None:
    done = mirage("metrics", "check", own.path)
    assert done.exit_code == 1
    assert "names no metric of its own" in done.stderr
