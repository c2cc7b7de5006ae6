"""The page of metrics says what the declarations say, and its example is a metric that keeps the contract."""

from __future__ import annotations

import re
import sys
from contextlib import closing
from pathlib import Path

from flows.bench import Silent
from flows.session import run_direct
from flows.study_file import load_study
from metrics.cells import CELL_METRICS
from metrics.plugins import check_plugin
from metrics.registry import METRICS, find
from metrics.scores import score_samples
from tests.conftest import ROOT
from tests.docs.metrics_page import PAGE, mentioned, written
from tests.metrics.samples import samples
from warehouse.db import open_warehouse

TEXT = PAGE.read_text(encoding="utf-8")


def test_the_catalogue_is_that_of_the_declarations() -> None:
    assert written(TEXT) == TEXT, "run: python -m tests.docs.metrics_page"


def test_every_name_that_the_text_gives_exists() -> None:
    names = list(mentioned(TEXT))
    assert len(names) >= 4
    for name in names:
        assert find(name).name == name
    listed = re.search(r"metrics = \[(.*?)\]", TEXT, re.DOTALL)
    assert listed is not None
    for name in re.findall(r'"([^"]+)"', listed.group(1)):
        assert ":" in name or name in CELL_METRICS or find(name)


def test_the_example_is_a_sound_metric(tmp_path: Path) -> None:
    code = re.search(r"```python\n# my_metrics.py\n(.*?)```", TEXT, re.DOTALL)
    assert code is not None
    (tmp_path / "my_metrics.py").write_text(code.group(1))
    try:
        declared, clauses = check_plugin("my_metrics:letters_found", tmp_path)
        assert {clause.name: clause.problems for clause in clauses if clause.problems} == {}
        rows = samples(("apple", ["apple"]), ("xx", ["apple"]), ("ap", ["apple"]), ("b", [""]))
        assert score_samples(rows, [declared.name]).frame["letters_found"].to_list() == [1.0, 0.0, 0.5, None]
    finally:
        METRICS.pop("letters_found", None)
        sys.modules.pop("my_metrics", None)


def test_the_query_for_normalised_scores_gives_those_of_the_log(tmp_path: Path) -> None:
    query = re.search(r"```sql\n(.*?)```", TEXT, re.DOTALL)
    assert query is not None
    files = ROOT / "tests" / "cases" / "bigbench"
    study = tmp_path / "study.toml"
    study.write_text(f'name = "b"\n[[sources]]\nuri = "{files}/**/*.json"\n[[families]]\nname = "all"\nmodels = "*"\n')
    run_direct(load_study(study), Silent(), None, ("pull",))
    with closing(open_warehouse(load_study(study).warehouse_path, read_only=True)) as con:
        rows = con.execute(query.group(1)).fetchall()
        stated = con.execute(
            "SELECT DISTINCT value FROM log_score WHERE metric = 'normalized_aggregate_score'"
        ).fetchall()
    assert [row[1:] for row in rows] == [("exact_str_match", 0.5, 0.5), ("multiple_choice_grade", 0.75, 0.5)]
    assert stated == [(50.0,)]
