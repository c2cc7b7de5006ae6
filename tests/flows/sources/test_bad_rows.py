from __future__ import annotations

import gzip
import json
import math
from pathlib import Path
from typing import Any

import polars as pl
import pyarrow as pa
import pytest

from flows.sources import lines
from flows.sources.finding_log import SHOWN_EACH
from flows.sources.registry import UnreadableFileError
from flows.sources.schema import Finding
from tests.flows.sources.test_table import read_all

GOOD = {"model_id": "m", "task_id": "t", "output": "x", "targets": ["x"]}


def good(item: int, **more: Any) -> dict[str, Any]:
    return {**GOOD, "item_id": f"i{item}", **more}


def text(*rows: dict[str, Any]) -> bytes:
    return b"".join(json.dumps(row).encode() + b"\n" for row in rows)


def one(findings: list[Finding], kind: str) -> Finding:
    assert [finding.kind for finding in findings] == [kind]
    return findings[0]


def test_a_line_cut_in_half_is_left_out_and_named(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(text(good(1), good(2)) + text(good(3))[:30] + b"\n" + text(good(4)))
    samples, findings, n_quarantined = read_all(path)
    assert samples["item_id"].to_list() == ["i1", "i2", "i4"]
    finding = one(findings, "broken_line")
    assert (finding.uri, finding.line, finding.severity, finding.action) == ("file", 3, "error", "row left out")
    assert n_quarantined == 1


def test_bytes_that_are_not_utf8_cost_their_line_only(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(text(good(1)) + b'{"model_id": "\xff"}\n' + text(good(2)))
    samples, findings, _ = read_all(path)
    assert samples.height == 2
    assert one(findings, "invalid_utf8").line == 2
    csv = tmp_path / "a.csv"
    csv.write_bytes(b"model_id,task_id,item_id,output,target\nm,t,1,a,a\nm,t,2,\xff\xfe,a\nm,t,3,c,c\n")
    samples, findings, _ = read_all(csv)
    assert samples["item_id"].to_list() == ["1", "3"]
    assert one(findings, "invalid_utf8").line == 3


def test_a_lone_surrogate_costs_its_line_only(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(text(good(1)) + b'{"model_id": "\\ud800"}\n')
    samples, findings, _ = read_all(path)
    assert samples.height == 1
    assert findings[0].line == 2


def test_values_that_are_no_object_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(text(good(1)) + b"[1, 2]\n3\n" + text(good(2)))
    samples, findings, _ = read_all(path)
    assert samples.height == 2
    assert [(f.kind, f.line) for f in findings] == [("not_an_object", 2), ("not_an_object", 3)]
    assert "a JSON array, not an object" in findings[0].reason


@pytest.mark.parametrize("indent", [None, 1])
def test_a_file_that_is_one_array_is_read_and_said_to_be(tmp_path: Path, indent: int | None) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps([good(1), good(2), 5], indent=indent), encoding="utf-8")
    samples, findings, _ = read_all(path)
    assert samples["item_id"].to_list() == ["i1", "i2"]
    assert [finding.kind for finding in findings] == ["json_array", "not_an_object"]
    assert findings[0].severity == "note"
    assert findings[1].line == 3


def test_an_array_that_breaks_off_gives_the_elements_before(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_text(json.dumps([good(1), good(2), good(3)], indent=1)[:-40], encoding="utf-8")
    samples, findings, n_quarantined = read_all(path)
    assert samples["item_id"].to_list() == ["i1", "i2"]
    assert [(finding.kind, finding.line) for finding in findings] == [("json_array", None), ("broken_line", 3)]
    assert n_quarantined == 1


def test_nan_and_infinity_are_read_and_blanked(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    rows = [
        good(1, target_logprobs=[-1.0, math.nan]),
        good(2, target_logprobs=[-1.0, -math.inf], target_logprob=math.nan),
        good(3, target_logprobs=[-1.0, 0.5]),
        good(4, target_logprobs=[-1.0, 1e-7], target_logprob=-1.0),
    ]
    path.write_bytes(text(*rows))
    samples, findings, n_quarantined = read_all(path)
    assert samples["target_logprobs"].to_list() == [None, None, None, [-1.0, 1e-7]]
    assert samples["target_logprob"].to_list() == [None, None, None, -1.0]
    assert [(f.kind, f.line, f.severity) for f in findings] == [
        ("impossible_logprob", 2, "warning"),
        ("impossible_logprob", 1, "warning"),
    ]
    assert findings[1].reason.startswith("3 rows: target_logprobs holds NaN")
    assert n_quarantined == 0


@pytest.mark.parametrize(
    ("values", "blanked"),
    [
        ({"target_logprobs": [-1.0, -2.0], "target_is_argmax": [True]}, ["target_logprobs", "target_is_argmax"]),
        ({"target_logprobs": [-1.0, -2.0], "n_target_tokens": 3}, ["target_logprobs"]),
        ({"target_logprobs": []}, ["target_logprobs"]),
        ({"choices": ["a", "b"], "choice_logprobs": [-1.0]}, ["choice_logprobs"]),
        ({"choices": ["a", "b"], "choice_n_tokens": [1, 1, 1]}, ["choice_n_tokens"]),
        (
            {"choices": ["a", "b"], "choice_logprobs": [-1.0, -2.0], "choice_unconditional_logprobs": [-1.0]},
            ["choice_unconditional_logprobs"],
        ),
        ({"choices": ["a", "b"], "gold": 2}, ["gold"]),
    ],
)
def test_lengths_that_disagree_are_blanked(tmp_path: Path, values: dict[str, Any], blanked: list[str]) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(text(good(1, **values)))
    samples, findings, _ = read_all(path)
    assert all(samples[name].is_null().all() for name in blanked)
    assert findings[0].kind in {"length_mismatch", "gold_out_of_range"}
    assert blanked[0] in findings[0].action
    assert samples["choices"].to_list() == [values.get("choices")]


def test_missing_targets_are_stored_and_empty_outputs_are_outputs(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(text(good(1, targets=None), good(2, output="")))
    samples, findings, n_quarantined = read_all(path)
    assert samples["targets"].to_list() == [None, ["x"]]
    assert samples["output"].to_list() == ["x", ""]
    assert one(findings, "no_target").line == 1
    assert n_quarantined == 0


def test_rows_that_do_not_say_what_they_are_about_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(text(good(1), good(2, model_id=None), {**GOOD}))
    samples, findings, n_quarantined = read_all(path)
    assert samples["item_id"].to_list() == ["i1"]
    assert [(f.kind, f.line, f.reason) for f in findings] == [
        ("no_key", 2, "model_id is empty"),
        ("no_key", 3, "item_id is empty"),
    ]
    assert n_quarantined == 2


def test_values_of_a_wrong_type_become_null_and_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(text(good(1, gold="first", n_target_bytes=4), good(2, gold=1.5), good(3, gold=1.0)))
    samples, findings, _ = read_all(path)
    assert samples["gold"].to_list() == [None, None, 1]
    finding = one(findings, "wrong_type")
    assert finding.reason.startswith("2 rows: column 'gold' is not a whole number")
    assert "'first'" in finding.reason


def test_csv_records_with_another_number_of_fields_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_text("model_id,task_id,item_id,output\nm,t,1,a\nm,t,2\nm,t,3,a,b\nm,t,4,a\nm,t", encoding="utf-8")
    samples, findings, n_quarantined = read_all(path, constants={"targets": ["x"]})
    assert samples["item_id"].to_list() == ["1", "4"]
    assert [finding.line for finding in findings] == [3, 4, 6]
    assert "3 fields where the header names 4" in findings[0].reason
    assert n_quarantined == 3


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "no_header"),
        (b'model_id,"task_id"x,item_id\n1,2,3\n', "no_header"),
        (b'model_id,"task_id', "no_header"),
        (b"model_id,task\xff_id\n1,2\n", "invalid_utf8"),
        (b"a,b,a\n1,2,3\n", "doubled_column"),
    ],
)
def test_csv_without_a_usable_header_is_refused(tmp_path: Path, content: bytes, kind: str) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(content)
    with pytest.raises(UnreadableFileError) as caught:
        read_all(path)
    assert caught.value.kind == kind


def compressed(suffix: str) -> bytes:
    plain = text(*(good(number, output=str(number * 7919) * 3) for number in range(20_000)))
    return gzip.compress(plain) if suffix == ".gz" else pa.compress(plain, codec="zstd", asbytes=True)


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_a_compressed_file_that_is_cut_gives_what_stands_before(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.jsonl{suffix}"
    whole = compressed(suffix)
    path.write_bytes(whole[: len(whole) // 2])
    samples, findings, _ = read_all(path)
    assert 0 < samples.height < 20_000
    assert samples["item_id"].to_list() == [f"i{number}" for number in range(samples.height)]
    assert one(findings, "broken_compression").line == samples.height + 1


@pytest.mark.parametrize("suffix", [".gz", ".zst"])
def test_a_compressed_file_that_is_damaged_is_refused_as_a_whole(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a.jsonl{suffix}"
    whole = compressed(suffix)
    half = len(whole) // 2
    path.write_bytes(whole[:half] + bytes(64) + whole[half + 64 :])
    with pytest.raises(UnreadableFileError, match="damaged") as caught:
        read_all(path)
    assert caught.value.kind == "damaged"


def test_a_line_longer_than_the_limit_costs_itself_only(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "LONGEST_LINE", 1000)
    path = tmp_path / "a.jsonl"
    path.write_bytes(text(good(1), good(2, output="x" * 5000), good(3)))
    samples, findings, _ = read_all(path)
    assert samples["item_id"].to_list() == ["i1", "i3"]
    assert one(findings, "long_line").line == 2


def test_an_unreadable_parquet_says_why(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pl.DataFrame([good(1)]).write_parquet(path)
    path.write_bytes(path.read_bytes()[:-8] + b"\0" * 8)
    with pytest.raises(UnreadableFileError, match="not readable as Parquet") as caught:
        read_all(path)
    assert caught.value.kind == "unreadable"


def test_a_parquet_whose_middle_is_missing_is_refused_and_not_taken_for_empty(tmp_path: Path) -> None:
    path = tmp_path / "a.parquet"
    pl.DataFrame([good(number, output=str(number) * 9) for number in range(3_000)]).write_parquet(path)
    whole = path.read_bytes()
    footer = int.from_bytes(whole[-8:-4], "little") + 8
    path.write_bytes(whole[:100] + whole[-footer:])
    with pytest.raises(UnreadableFileError, match="not readable as Parquet") as caught:
        read_all(path)
    assert caught.value.kind == "unreadable"


def test_many_bad_lines_are_counted_not_listed(tmp_path: Path) -> None:
    path = tmp_path / "a.jsonl"
    path.write_bytes(text(good(1)) + b"{\n" * 500)
    _, findings, n_quarantined = read_all(path)
    assert len(findings) == SHOWN_EACH + 1
    assert findings[-1].reason == "480 more rows like the 20 before"
    assert n_quarantined == 500


def test_a_file_is_read_in_chunks_with_one_count_over_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lines, "CHUNK_ROWS", 7)
    path = tmp_path / "a.jsonl"
    path.write_bytes(text(*(good(number, gold="x") for number in range(50))))
    samples, findings, _ = read_all(path)
    assert samples["line"].to_list() == list(range(1, 51))
    assert one(findings, "wrong_type").reason.startswith("50 rows:")
