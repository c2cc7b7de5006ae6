"""Reading in bulk gives what the reader of single rows gives, whatever stands in the file."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.sources.lm_eval import bulk
from flows.sources.lm_eval.gold import READINGS
from tests.flows.sources.reading import CASES, Read, read

FILES = sorted((CASES / "lm_eval").rglob("*.jsonl"))
Row = dict[str, Any]


@pytest.fixture(autouse=True)
def small_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bulk, "CHUNK_ROWS", 2_048)


def both(path: Path, **given: Any) -> tuple[Read, Read]:
    """In bulk, and row by row."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bulk, "SMALLEST_FILE", 0)
        quick = read(path, "lm_eval", **given)
        patch.setattr(bulk, "SMALLEST_FILE", 10**18)
        return quick, read(path, "lm_eval", **given)


def assert_same(path: Path, **given: Any) -> Read:
    quick, careful = both(path, **given)
    assert quick.samples.schema == careful.samples.schema
    # choices wait for their gold, so that a written answer may come before them
    quick_rows, rows = quick.samples.sort("line"), careful.samples.sort("line")
    for name in rows.columns:
        assert quick_rows[name].to_list() == rows[name].to_list(), name
    assert quick.findings == careful.findings
    assert quick.n_quarantined == careful.n_quarantined
    assert quick.reported.drop("recomputed").equals(careful.reported.drop("recomputed"))
    recomputed = [frame.reported["recomputed"].to_list() for frame in (quick, careful)]
    assert recomputed[0] == pytest.approx(recomputed[1], abs=1e-12)
    return careful


def row(number: int = 0, **changes: Any) -> Row:
    """A row of three choices, the second of which is right and best."""
    pairs = [["-3.0", "False"], ["-0.5", "True"], ["-2.25", "False"]]
    plain = {
        "doc_id": number,
        "doc": {"q": "?"},
        "target": "1",
        "arguments": {f"gen_args_{n}": {"arg_0": "Q:", "arg_1": f" {text}"} for n, text in enumerate("xyz")},
        "resps": [[pair] for pair in pairs],
        "filtered_resps": pairs,
        "filter": "none",
        "metrics": ["acc", "acc_norm", "likelihood"],
        "acc": 1.0,
        "acc_norm": 1.0,
        "likelihood": [1, [0.1, 0.8, 0.1]],
    }
    return plain | changes


def write(folder: Path, rows: list[Row | str]) -> Path:
    path = folder / "samples_t.jsonl"
    lines = [one if isinstance(one, str) else json.dumps(one) for one in rows]
    path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    return path


def in_bulk(path: Path) -> int:
    """Rows that are read in bulk."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bulk, "SMALLEST_FILE", 0)
        layout = bulk.layout_of(path)
        return 0 if layout is None else sum(columns.n_rows for columns in bulk.read_columns(path, layout))


@pytest.mark.parametrize("path", FILES, ids=[path.relative_to(CASES).as_posix() for path in FILES])
def test_every_case_reads_the_same(path: Path) -> None:
    assert_same(path)


def test_real_logs_read_the_same(shared_data: Path) -> None:
    paths = sorted((shared_data / "log-formats" / "lm-eval").rglob("samples_*.jsonl"))
    assert len(paths) >= 6
    for path in paths:
        assert_same(path)


def test_cases_of_choices_are_read_in_bulk() -> None:
    read_whole = {path.name.split("_2025")[0] for path in FILES if in_bulk(path)}
    assert read_whole >= {"samples_tiny_digits", "samples_tiny_digit_texts", "samples_tiny_words"}


def test_many_rows_in_several_chunks(tmp_path: Path) -> None:
    rows: list[Row | str] = [row(n, target=str(n % 3), acc=float(n % 3 == 1)) for n in range(5_000)]
    path = write(tmp_path, rows)
    assert in_bulk(path) == 5_000
    found = assert_same(path, model_id="m")
    assert found.column("gold") == [n % 3 for n in range(5_000)]
    assert found.column("line") == list(range(1, 5_001))


def without(key: str) -> Row:
    return {name: value for name, value in row(4_500).items() if name != key}


EMPTY = {f"gen_args_{n}": {"arg_0": "Q:", "arg_1": text} for n, text in enumerate(("", " ", "z"))}
WRITTEN = {"gen_args_0": {"arg_0": "Q:", "arg_1": {"until": []}}}
ODD: dict[str, Row | str] = {
    "broken line": '{"doc_id": 7, "resps": [[',
    "no object": "[1]",
    "blank line": "",
    "two objects": json.dumps(row(1)) + json.dumps(row(2)),
    "not a number": json.dumps(row(4_500, acc=float("nan"))),
    "lone surrogate": json.dumps(row(4_500, target="\ud800")),
    "numbers": row(4_500, resps=[[[-2.0, True]], [[-1, False]], [[-3.5, False]]]),
    "several golds": row(4_500, target="[0, 1]"),
    "no filter": without("filter"),
    "other metrics": row(4_500, metrics=["acc"], f1=1.0),
    "text id": row(4_500, doc_id="a"),
    "no id": row(4_500, doc_id=None),
    "repeats": row(4_500, resps=[[["-9.0", "False"]] * 2, [["-1.0", "True"]] * 2, [["-3.0", "False"]] * 2]),
    "too few responses": row(4_500, resps=[[["-9.0", "True"]], [["-1.0", "True"]]]),
    "positive": row(4_500, resps=[[["1.0", "True"]], [["2.0", "True"]], [["1.5", "True"]]]),
    "infinite": row(4_500, resps=[[["-inf", "True"]], [["-1.0", "True"]], [["-inf", "True"]]]),
    "empty choice": row(4_500, arguments=EMPTY),
    "written answer": row(4_500, arguments=WRITTEN, resps=[["a"]]),
}

NEVER_BEGUN = {"no object", "blank line"}
NO_VALUE = {"broken line", "two objects", "lone surrogate", "written answer"}
"""Rows that DuckDB cannot read as the types of the others."""


@pytest.mark.parametrize("name", ODD)
def test_one_row_that_is_not_plain_far_into_the_file(tmp_path: Path, name: str) -> None:
    rows: list[Row | str] = [row(n) for n in range(5_000)]
    rows[4_500] = ODD[name]
    path = write(tmp_path, rows)
    # DuckDB parses ahead of what it hands over, which is nothing where it fails itself
    n_rows = (0,) if name in NEVER_BEGUN else (0, 2_048) if name in NO_VALUE else (2_048, 4_096)
    assert in_bulk(path) in n_rows
    found = assert_same(path, model_id="m")
    assert found.samples.height + found.n_quarantined >= 4_999


@pytest.mark.parametrize("change", [{"target": "y"}, {"acc": 0.0}])
def test_a_row_that_strikes_the_reading_of_targets(tmp_path: Path, change: Row) -> None:
    rows: list[Row | str] = [row(n) for n in range(5_000)]
    rows[7] = row(7, **change)
    assert_same(write(tmp_path, rows), model_id="m")


def test_a_reading_struck_late_is_struck_from_there_and_told(tmp_path: Path) -> None:
    rows: list[Row | str] = [row(n) for n in range(5_000)]
    rows[4_500] = row(4_500, acc=0.0)
    found, _ = both(write(tmp_path, rows), model_id="m")
    assert found.column("gold") == [1] * 4_096 + [None] * 904
    assert "gold_unsure" in found.kinds()


TEXTS = st.text(st.characters(codec="utf-8"), max_size=6)
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 3), st.floats(), TEXTS,
    st.sampled_from(["0", "1", " 1", "2.0", "[0]", "True", "nan", "x", " y"]),
    st.lists(st.integers(0, 3), max_size=2),
)  # fmt: skip
ODD_ROWS = st.builds(lambda key, value: row(0, **{key: value}), st.sampled_from(list(row())), VALUES)
GOOD_ROWS = st.builds(
    lambda target, acc, text, logprobs: row(
        0, target=target, acc=acc,
        resps=[[[repr(-abs(one)), "False"]] for one in logprobs],
        arguments={f"gen_args_{n}": {"arg_0": "Q:", "arg_1": part} for n, part in enumerate((" x", " y", f" {text}"))},
    ),
    st.sampled_from(["0", "1", "2", "x", "y", " z"]), st.sampled_from([0.0, 1.0]), TEXTS,
    st.lists(st.floats(-50, 0), min_size=3, max_size=3),
)  # fmt: skip


@settings(max_examples=80, deadline=None)
@given(st.lists(st.one_of(GOOD_ROWS, ODD_ROWS), min_size=1, max_size=5))
def test_any_mixture_of_rows_reads_the_same(tmp_path_factory: pytest.TempPathFactory, rows: list[Row]) -> None:
    numbered: list[Row | str] = [one | ({"doc_id": n} if one["doc_id"] == 0 else {}) for n, one in enumerate(rows)]
    assert_same(write(tmp_path_factory.mktemp("rows"), numbered), model_id="m")


def test_readings_are_those_of_single_rows() -> None:
    assert list(READINGS) == ["number", "text", "score"]


def test_choices_of_unequal_number(tmp_path: Path) -> None:
    more = {f"gen_args_{n}": {"arg_0": "P", "arg_1": f" {text}"} for n, text in enumerate(["a", "b", "c", "ü"])}
    four = row(1, arguments=more, resps=[[[f"-{n + 1}.5", "False"]] for n in range(4)], target="0")
    path = write(tmp_path, [row(0), four, row(2)])
    assert in_bulk(path) == 3
    assert [len(choices) for choices in assert_same(path, model_id="m").column("choices")] == [3, 4, 3]


def unnamed(number: int, **changes: Any) -> Row:
    """A row as written from 0.4.3 to 0.4.6."""
    return {name: value for name, value in row(number, **changes).items() if name not in {"filter", "metrics"}}


def test_rows_that_name_neither_filter_nor_scores(tmp_path: Path) -> None:
    path = write(tmp_path, [unnamed(n, target=str(n % 3), acc=float(n % 3 == 1)) for n in range(5)])
    assert in_bulk(path) == 5
    found = assert_same(path, model_id="m")
    assert set(found.column("filter")) == {"none"}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bulk, "SMALLEST_FILE", 0)
        assert bulk.layout_of(path, ("strict", "flexible")) is None
    late = write(tmp_path, [unnamed(0), unnamed(1), row(2)])
    assert in_bulk(late) == 0
    assert_same(late, model_id="m")


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_compressed_rows(tmp_path: Path, suffix: str) -> None:
    plain = write(tmp_path, [row(n) for n in range(50)])
    path = plain.with_name(f"samples_c.jsonl{suffix}")
    with pa.CompressedOutputStream(str(path), {".gz": "gzip", ".zst": "zstd"}[suffix]) as file:
        file.write(plain.read_bytes())
    assert in_bulk(path) == 50
    assert_same(path, model_id="m")
    path.write_bytes(path.read_bytes()[:-20])
    assert in_bulk(path) == 0
    assert "broken_compression" in assert_same(path, model_id="m").kinds()


def test_long_lines_are_left_to_the_other_reader(tmp_path: Path) -> None:
    assert in_bulk(write(tmp_path, [row(0, doc={"q": "x" * bulk.LONGEST_LINE})])) == 0
    assert in_bulk(write(tmp_path, [row(0), row(1, doc={"q": "x" * bulk.LONGEST_LINE})])) == 0
    odd = tmp_path / "it's [a] folder?"
    odd.mkdir()
    assert in_bulk(write(odd, [row(0)])) == 1
