from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest
from polars.testing import assert_frame_equal

from flows.sources.mapping import TableSettings
from flows.sources.registry import LogFile, UnreadableFileError
from flows.sources.schema import READ_SCHEMA, Finding
from flows.sources.table import detect, read

ROWS: list[dict[str, Any]] = [
    {
        "model": "m1",
        "task": "add",
        "item": "a,b",
        "question": 'say "1+1"',
        "answer": "2",
        "completion": "2\nso",
        "logprobs": [-0.5, -0.25],
        "argmax": [True, False],
        "template": "t1",
        "shots": 3,
    },
    {
        "model": "m1",
        "task": "add",
        "item": "c",
        "question": "größe",
        "answer": "π",
        "completion": "",
        "logprobs": None,
        "argmax": None,
        "template": None,
        "shots": 3,
    },
]
MAPPING = {
    "model_id": "model",
    "task_id": "task",
    "item_id": "item",
    "prompt": "question",
    "targets": "answer",
    "output": "completion",
    "target_logprobs": "logprobs",
    "target_is_argmax": "argmax",
    "cluster": "template",
    "category": "template",
    "n_shots": "shots",
}


def settings(**more: Any) -> TableSettings:
    return TableSettings(uri=("x",), **more)


def read_all(path: Path, **more: Any) -> tuple[pl.DataFrame, list[Finding], int]:
    batches = list(read(LogFile("file", path), settings(**more)))
    findings = [finding for batch in batches for finding in batch.findings]
    return pl.concat([b.samples for b in batches]), findings, sum(b.n_quarantined for b in batches)


def write_csv(path: Path, rows: list[dict[str, Any]]) -> Path:
    frame = pl.DataFrame([{k: json.dumps(v) if isinstance(v, list) else v for k, v in row.items()} for row in rows])
    frame.write_csv(path)
    return path


def write_json_lines(path: Path, rows: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows), encoding="utf-8")
    return path


def expected() -> pl.DataFrame:
    common = {"model_id": "m1", "task_id": "add", "repeat": 0, "n_shots": 3}
    first = common | {
        "item_id": "a,b",
        "prompt": 'say "1+1"',
        "targets": ["2"],
        "output": "2\nso",
        "target_logprobs": [-0.5, -0.25],
        "target_is_argmax": [True, False],
        "cluster": "t1",
        "category": "t1",
    }
    second = common | {"item_id": "c", "prompt": "größe", "targets": ["π"], "output": ""}
    return pl.DataFrame([first, second], schema={name: t for name, t in READ_SCHEMA.items() if name != "line"})


def test_every_kind_of_table_gives_the_same_samples(tmp_path: Path) -> None:
    pl.DataFrame(ROWS).write_parquet(tmp_path / "a.parquet")
    csv = write_csv(tmp_path / "a.csv", ROWS)
    lines = write_json_lines(tmp_path / "a.jsonl", ROWS)
    (tmp_path / "b.csv.gz").write_bytes(gzip.compress(csv.read_bytes()))
    (tmp_path / "b.jsonl.gz").write_bytes(gzip.compress(lines.read_bytes()))
    (tmp_path / "b.jsonl.zst").write_bytes(pa.compress(lines.read_bytes(), codec="zstd", asbytes=True))
    (tmp_path / "b.tsv").write_text(pl.read_csv(csv).write_csv(separator="\t"), encoding="utf-8")
    (tmp_path / "bom.csv").write_bytes(b"\xef\xbb\xbf" + csv.read_bytes())
    paths = sorted(tmp_path.iterdir())
    assert len(paths) == 8
    for path in paths:
        assert detect(path) > 0
        samples, findings, n_quarantined = read_all(path, mapping=MAPPING)
        assert_frame_equal(samples.drop("line"), expected())
        assert (findings, n_quarantined) == ([], 0), path.name


def test_lines_count_as_an_editor_counts_them(tmp_path: Path) -> None:
    lines = write_json_lines(tmp_path / "a.jsonl", ROWS)
    lines.write_text("\n" + lines.read_text(encoding="utf-8"), encoding="utf-8")
    assert read_all(lines, mapping=MAPPING)[0]["line"].to_list() == [2, 3]
    csv = write_csv(tmp_path / "a.csv", ROWS)
    assert read_all(csv, mapping=MAPPING)[0]["line"].to_list() == [2, 4]


def test_columns_named_like_fields_need_no_mapping_and_target_is_a_target(tmp_path: Path) -> None:
    row: dict[str, Any] = {
        "model_id": "m",
        "task_id": "t",
        "item_id": 7,
        "target": "[1]",
        "output": 5,
        "repeat": "2",
        "is_greedy": 1,
    }
    samples, findings, _ = read_all(write_csv(tmp_path / "a.csv", [row]))
    found = samples.row(0, named=True)
    assert (found["item_id"], found["targets"], found["output"]) == ("7", ["[1]"], "5")
    assert (found["repeat"], found["is_greedy"]) == (2, True)
    assert findings == []


def test_several_targets_in_csv_are_a_json_list_of_texts(tmp_path: Path) -> None:
    rows = [
        {"model_id": "m", "task_id": "t", "item_id": "1", "targets": '["a", "b"]', "output": "a"},
        {"model_id": "m", "task_id": "t", "item_id": "2", "targets": "[1, 2]", "output": "a"},
        {"model_id": "m", "task_id": "t", "item_id": "3", "targets": "plain", "output": "a"},
    ]
    samples, findings, _ = read_all(write_csv(tmp_path / "a.csv", rows))
    assert samples["targets"].to_list() == [["a", "b"], ["[1, 2]"], ["plain"]]
    assert findings == []


def test_constants_stand_in_every_row_and_win_over_columns(tmp_path: Path) -> None:
    path = write_json_lines(tmp_path / "a.jsonl", [{"item_id": "1", "output": "x", "task_id": "wrong"}])
    samples, _, _ = read_all(path, constants={"model_id": "m", "category": "c"}, task_id="t", prompting="cot")
    row = samples.row(0, named=True)
    assert (row["model_id"], row["task_id"], row["prompting"], row["category"]) == ("m", "t", "cot", "c")


def test_a_mapped_column_no_longer_serves_under_its_own_name(tmp_path: Path) -> None:
    row = {"model_id": "m", "task_id": "t", "item_id": "1", "output": "took", "raw": "said"}
    path = write_json_lines(tmp_path / "a.jsonl", [row])
    found = read_all(path, mapping={"extracted": "output", "output": "raw"})[0].row(0, named=True)
    assert (found["output"], found["extracted"]) == ("said", "took")


def test_a_wrong_column_name_lists_what_exists(tmp_path: Path) -> None:
    for path in (write_json_lines(tmp_path / "a.jsonl", ROWS), write_csv(tmp_path / "a.csv", ROWS)):
        with pytest.raises(UnreadableFileError) as caught:
            read_all(path, mapping={**MAPPING, "output": "complétion", "targets": "anser"})
        assert caught.value.kind == "wrong_column"
        assert "'anser' is not a column of it. Did you mean 'answer'?" in caught.value.reason
        assert "Did you mean 'completion'?" in caught.value.reason
        assert "It has model, task, item, question, answer" in caught.value.reason


def test_a_mapping_the_wrong_way_round_is_recognised(tmp_path: Path) -> None:
    row = {"model_id": "m", "task_id": "t", "item_id": "1", "output": "x", "prompt": "p"}
    with pytest.raises(UnreadableFileError, match="not the other way round"):
        read_all(write_json_lines(tmp_path / "a.jsonl", [row]), mapping={"output": "question"})


@pytest.mark.parametrize(
    ("lacking", "words"),
    [("model", "no column for model_id"), ("item", "no column for item_id"), ("completion", "nothing to score")],
)
def test_a_table_without_what_makes_a_sample_is_refused(tmp_path: Path, lacking: str, words: str) -> None:
    rows = [{k: v for k, v in row.items() if k not in {lacking, "logprobs"}} for row in ROWS]
    mapping = {k: v for k, v in MAPPING.items() if v not in {lacking, "logprobs"}}
    with pytest.raises(UnreadableFileError, match=words) as caught:
        read_all(write_json_lines(tmp_path / "a.jsonl", rows), mapping=mapping)
    assert caught.value.kind == "missing_field"


def test_what_a_table_says_about_models_is_taken_where_the_mapping_says_so(tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"model_id": "m1", "task_id": "t", "item_id": "1", "output": "x", "size": None},
        {"model_id": "m1", "task_id": "t", "item_id": "2", "output": "x", "size": 7e9},
        {"model_id": "m2", "task_id": "t", "item_id": "1", "output": "x", "size": 13e9},
    ]
    path = write_json_lines(tmp_path / "a.jsonl", rows)
    batches = list(read(LogFile("file", path), settings(mapping={"n_params": "size"})))
    models = batches[0].models
    assert models is not None
    assert models.select("model_id", "n_params", "source").rows() == [("m1", 7e9, "log"), ("m2", 13e9, "log")]
