from __future__ import annotations

import io
import json

import duckdb
import polars as pl
import pytest

from tests.warehouse import make
from warehouse import query
from warehouse.answer import write_answer
from warehouse.errors import SqlError


def written(frame: pl.DataFrame, kind: str, width: int | None = None) -> bytes:
    stream = io.BytesIO()
    write_answer(frame, kind, stream, width)
    return stream.getvalue()


ODD = pl.DataFrame(
    {
        "text": ['größe, "quoted"', "bad\x1b[31m\u202eline\n", None],
        "list": [["a", "b,c"], [], None],
        "number": [0.1 + 0.2, float("nan"), None],
        "when": [make.NOW, None, None],
    }
)


def test_json_is_json() -> None:
    rows = json.loads(written(ODD, "json"))
    assert rows[0] == {"text": 'größe, "quoted"', "list": ["a", "b,c"], "number": 0.1 + 0.2, "when": str(make.NOW)}
    assert rows[1]["number"] is None
    assert rows[1]["text"] == "bad\x1b[31m\u202eline\n"
    assert json.loads(written(ODD.clear(), "json")) == []


def test_csv_and_parquet_read_back(filled: duckdb.DuckDBPyConnection) -> None:
    back = pl.read_csv(io.BytesIO(written(ODD, "csv")))
    assert back["text"].to_list() == ODD["text"].to_list()
    assert back["list"].to_list() == ['["a", "b,c"]', "[]", None]
    samples = query.frame(filled, "sample")
    assert pl.read_parquet(io.BytesIO(written(samples, "parquet"))).equals(samples)


def test_a_table_is_aligned_and_harmless() -> None:
    text = written(ODD, "table").decode()
    assert text.splitlines() == [
        "text                     list          number  when",
        "───────────────────────  ────────────  ──────  ───────────────────",
        'größe, "quoted"          ["a", "b,c"]     0.3  2026-11-23 12:00:00',
        "bad\\x1b[31m\\u202eline\\n  []               nan  NULL",
        "NULL                     NULL            NULL  NULL",
    ]
    long = written(pl.DataFrame({"x": ["y" * 1000]}), "table").decode()
    assert "y" * 200 + "…" in long
    assert len(long) < 1000


def test_an_unknown_format_is_refused() -> None:
    with pytest.raises(SqlError, match="'xml' does not exist; choose from table, csv, json, parquet"):
        written(ODD, "xml")


def lines(frame: pl.DataFrame, width: int) -> list[str]:
    return written(frame, "table", width).decode().splitlines()


WIDE = pl.DataFrame({"name": ["größe 日本語 " * 9, "b"], "note": ["x" * 50, "y"], "value": [1234567.0, 0.5]})


def test_a_table_fits_the_screen_and_numbers_stay_whole() -> None:
    found = lines(WIDE, 60)
    assert found[0].split() == ["name", "note", "value"]
    assert found[2].count("…") == 2
    assert found[2].endswith(" 1234567")
    assert found[3].split() == ["b", "y", "0.5"]
    assert max(len(line) for line in found) <= 60
    assert lines(WIDE.select("value"), 60) == ["value", "───────", "1234567", "    0.5"]
    assert lines(WIDE, 500) == written(WIDE, "table").decode().splitlines()


def test_rows_wider_than_the_screen_are_written_one_value_a_line() -> None:
    frame = pl.DataFrame({f"column_{i}": [i, i + 1] for i in range(30)} | {"text": ["z" * 99, None]})
    found = lines(frame, 60)
    assert found[0].startswith("── row 1 ──")
    assert found[1] == "column_0   0"
    assert found[31] == "text       " + "z" * 48 + "…"
    assert found[32].startswith("── row 2 ──")
    assert len(found) == 2 * 32
    assert "no rows" in lines(frame.clear(), 60)
