"""A user's own metric: loaded, checked, and every way it can fail said in words."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from metrics.plugins import PluginError, check_plugin, load_plugin
from metrics.registry import METRICS
from metrics.scores import score_samples
from tests.metrics.samples import samples

SOURCE = """
import polars as pl
from metrics.registry import metric

@metric("{name}", label="Same first character", kind="discontinuous", unit="share", low=0, high=1, default=False,
        needs=("output", "targets"), definition="1 if the first characters agree", source="a user")
def same_start(batch):
    first = pl.col("output").str.head(1) == pl.col("targets").list.first().str.head(1)
    return batch.samples.select({expression}).to_series()

def undeclared(batch):
    return None
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    before, modules = set(METRICS), set(sys.modules)
    yield tmp_path
    for name in set(METRICS) - before:
        del METRICS[name]
    for name in set(sys.modules) - modules:
        if str(tmp_path) in str(getattr(sys.modules[name], "__file__", "")):
            del sys.modules[name]


def write(folder: Path, module: str, name: str, expression: str = "first.cast(pl.Float64)") -> None:
    (folder / f"{module}.py").write_text(SOURCE.format(name=name, expression=expression))


def test_a_sound_metric_is_loaded_checked_and_scored(folder: Path) -> None:
    write(folder, "sound_plugin", "users_own")
    declared, clauses = check_plugin("sound_plugin:same_start", folder)
    assert [clause.name for clause in clauses if clause.problems] == []
    assert load_plugin("sound_plugin:same_start", folder) is declared
    assert score_samples(samples(("ab", ["ac"]), ("b", ["ab"])), ["users_own"]).frame["users_own"].to_list() == [1, 0]
    assert str(folder.resolve()) not in sys.path


def test_a_broken_metric_is_told_what_it_breaks(folder: Path) -> None:
    write(folder, "broken_plugin", "users_broken", "first.cast(pl.Float64) + 1")
    _, clauses = check_plugin("broken_plugin:same_start", folder)
    broken = {clause.name: clause.problems for clause in clauses if clause.problems}
    assert list(broken) == ["bounds", "direction"]
    assert broken["bounds"][0] == "gave more than high 1: 2.0 for output '12' with targets ['12']"


def test_what_cannot_be_loaded_says_why(folder: Path) -> None:
    write(folder, "other_plugin", "users_other")
    write(folder, "taken_plugin", "exact_match")
    (folder / "raising_plugin.py").write_text("raise RuntimeError('no licence')")
    (folder / "json.py").write_text("")
    failures = {
        "other_plugin": "write it as module:function",
        "../evil:x": "write it as module:function",
        "absent_plugin:x": "there is no module 'absent_plugin' in ",
        "other_plugin:absent": "has no 'absent'",
        "other_plugin:undeclared": "not declared; put @metric",
        "raising_plugin:x": "importing it raised RuntimeError: no licence",
        "taken_plugin:same_start": "'exact_match' is declared twice",
        "json:loads": "another module 'json' is loaded from",
    }
    for spec, words in failures.items():
        with pytest.raises(PluginError) as caught:
            load_plugin(spec, folder)
        assert words in str(caught.value)
        assert caught.value.spec == spec


def test_a_module_that_python_finds_needs_no_folder() -> None:
    assert load_plugin("metrics.catalogue.text:exact_match").name == "exact_match"
