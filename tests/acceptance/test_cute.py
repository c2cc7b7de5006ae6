"""Real outputs of real models through the whole way: the published scores of CUTE come out again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import duckdb
import polars as pl
import pytest

from flows.bench import Silent
from flows.session import Outcome, run_direct
from flows.study_file import load_study
from warehouse.db import open_warehouse

STUDY = """
name = "CUTE"
models = "models.csv"
metrics = ["exact_match", "token_edit_similarity_char", "per_token_accuracy_char", "target_length_char"]

[[sources]]
uri = "{outputs}"
format = "table"
mapping = {{ model_id = "model", task_id = "task", item_id = "example_index", targets = "target" }}

[[families]]
name = "Llama-2-chat"
models = ["llama-7b", "llama-13b", "llama-70b"]

[[families]]
name = "Llama-3-Instruct"
models = "llama3-*"
"""


@pytest.fixture(scope="module")
def run(shared_data: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Outcome, Path]:
    folder = tmp_path_factory.mktemp("cute")
    outputs = shared_data / "cute-spelling" / "outputs.parquet"
    models = (
        pl.read_parquet(outputs).select(model_id="model", family="family", n_params=pl.col("params_b") * 1e9).unique()
    )
    models.write_csv(folder / "models.csv")
    (folder / "study.toml").write_text(STUDY.format(outputs=outputs), encoding="utf-8")
    study = load_study(folder / "study.toml")
    return run_direct(study, Silent(), None, ("pull", "score", "analyze")), study.warehouse_path


@pytest.fixture
def con(run: tuple[Outcome, Path]) -> Iterator[duckdb.DuckDBPyConnection]:
    with closing(open_warehouse(run[1], read_only=True)) as connection:
        yield connection


def test_every_output_is_stored(run: tuple[Outcome, Path], con: duckdb.DuckDBPyConnection) -> None:
    assert not run[0].is_partial
    assert con.execute("select count(*) from sample").fetchone() == (153_000,)


def test_exact_match_equals_the_published_scores(shared_data: Path, con: duckdb.DuckDBPyConnection) -> None:
    published = pl.read_parquet(shared_data / "cute-spelling" / "published_scores.parquet")
    ours = con.sql(
        "select model_id as model, task_id as task, avg(exact_match) as exact_match "
        "from score join run using (run_id) group by all"
    ).pl()
    both = published.join(ours, on=["model", "task"]).filter(pl.col("published_exact_match").is_not_null())
    differs = (both["published_exact_match"] - both["exact_match"]).abs() > 5.1e-5
    assert both.height == 150
    assert both.height - differs.sum() == 142
    assert set(both.filter(differs)["task"]) == {"orth", "sem"}


@pytest.mark.parametrize(
    ("model", "exact", "similar"),
    [
        ("llama-7b", 0.129, 0.598),
        ("llama-13b", 0.305, 0.758),
        ("llama-70b", 0.264, 0.713),
        ("llama3-8b", 0.572, 0.885),
        ("llama3-70b", 0.740, 0.936),
        ("command-r", 0.377, 0.793),
        ("command-r-plus", 0.720, 0.931),
    ],
)
def test_edit_similarity_on_deleting_characters(
    con: duckdb.DuckDBPyConnection, model: str, exact: float, similar: float
) -> None:
    found = con.execute(
        "select avg(exact_match), avg(token_edit_similarity_char) from score join run using (run_id) "
        "where model_id = ? and task_id = 'del_char'",
        [model],
    ).fetchone()
    assert found == pytest.approx((exact, similar), abs=5.1e-4)


def test_two_or_three_sizes_are_too_few_for_a_verdict(con: duckdb.DuckDBPyConnection) -> None:
    verdicts = con.sql("select distinct verdict, reason from verdict").pl()
    assert set(verdicts["verdict"]) == {"undetermined"}
    assert all("scales" in reason for reason in verdicts["reason"])
