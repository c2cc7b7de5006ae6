"""What holds for every reader, on every miniature log."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl
import pytest

from flows.inventory import SourceFile
from flows.sources.registry import LogFile, SourceSettings, recognise, sources
from flows.sources.schema import READ_SCHEMA, RUN_KEY, SAMPLE_KEY
from flows.stage import StageUnit, stage_file
from tests.flows.sources.reading import CASES, read

ALL = sorted(path for path in CASES.rglob("*") if path.is_file())
TABLES = [path for path in ALL if path.relative_to(CASES).parts[0] in {"table", "score_table"}]
"""Plain tables, which are taken for one where nothing else claims them, or where the study says so."""
FILES = [path for path in ALL if path not in TABLES]
NAMES = [path.relative_to(CASES).as_posix() for path in FILES]
WEAKEST_CLAIM = 0.5


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_exactly_one_reader_claims_a_log(path: Path) -> None:
    claims = {name: entry.detect(path) for name, entry in sources().items()}

    assert [name for name, sure in claims.items() if sure >= WEAKEST_CLAIM] == [path.relative_to(CASES).parts[0]]
    assert recognise(path).format == path.relative_to(CASES).parts[0]


def test_every_format_has_miniature_files() -> None:
    assert {path.relative_to(CASES).parts[0] for path in ALL} == set(sources())


@pytest.mark.parametrize("path", TABLES, ids=lambda path: path.relative_to(CASES).as_posix())
def test_no_log_format_claims_a_plain_table(path: Path) -> None:
    format = path.relative_to(CASES).parts[0]
    claims = {name: entry.detect(path) for name, entry in sources().items()}
    assert {name for name, sure in claims.items() if sure > 0} == {"table"}
    assert recognise(path).format == "table"
    found = read(path, format)
    assert found.samples.schema == pl.Schema(READ_SCHEMA)
    assert (found.samples.height > 0, found.reported.height > 0) == (format == "table", format == "score_table")
    assert {finding.severity for finding in found.findings} <= {"note"}


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_rows_have_one_layout_and_unique_keys(path: Path) -> None:
    samples = read(path).samples

    assert samples.schema == pl.Schema(READ_SCHEMA)
    assert samples["line"].null_count() == 0
    assert samples.select(*RUN_KEY, *SAMPLE_KEY).is_unique().all()


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_what_a_log_states_of_itself_agrees_with_its_rows(path: Path) -> None:
    assert "score_differs" not in read(path).kinds()


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_the_study_has_the_last_word_on_the_run(path: Path) -> None:
    said: dict[str, Any] = {"model_id": "mine", "task_id": "yours", "n_shots": 7, "prompting": "cot", "filter": "hers"}

    found = read(path, **said)

    if found.samples.height:
        assert found.samples.select(RUN_KEY).unique().to_dicts() == [said]
    if found.reported.height:
        assert set(found.reported["model_id"]) == {"mine"}


def test_no_reader_claims_a_file_that_is_no_log(tmp_path: Path) -> None:
    contents = {
        "empty.json": b"",
        "list.json": b"[1, 2]",
        "other.json": b'{"hello": "world"}',
        "half.json": b'{"hello": "wor',
        "binary.eval": b"\x00\x01\x02",
        "other.zip": b"PK\x05\x06" + bytes(18),
        "nothing.txt": b"text",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
        claims = {entry.format: entry.detect(tmp_path / name) for entry in sources().values()}
        assert not any(claims.values()), name


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_a_file_without_rows_says_that_this_is_right(path: Path, tmp_path: Path) -> None:
    status = path.stat()
    file = SourceFile(LogFile(path.name, path), SourceSettings(uri=(path.name,)), status.st_size, status.st_mtime_ns)

    staged = stage_file(StageUnit(file, None, tmp_path / "staged", {}))

    assert staged.status == "staged", staged.findings
    assert (staged.n_rows == 0) == read(path).samples.is_empty()
