from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from flows.sources import registry
from flows.sources.registry import Batch, LogFile, Source, SourceSettings, UnknownFormatError, recognise, sources
from metrics.errors import MirageError


def never_read(file: LogFile, settings: SourceSettings) -> Iterator[Batch]:
    raise AssertionError(file)


def test_every_reader_declares_itself(tmp_path: Path) -> None:
    for name, entry in sources().items():
        assert entry.format == name
        assert issubclass(entry.settings, SourceSettings)
        assert entry.version >= 1
        assert entry.detect(tmp_path / "picture.png") == 0


def test_a_file_that_no_reader_knows_lists_the_formats(tmp_path: Path) -> None:
    with pytest.raises(UnknownFormatError, match=r"set `format` in the study file to one of .*\btable\b"):
        recognise(tmp_path / "notes.docx")


def test_a_log_format_wins_over_a_table_and_a_tie_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    surer = Source("other", "another format", 1, SourceSettings, lambda path: 0.9, never_read)
    monkeypatch.setattr(registry, "sources", lambda: {**sources(), "other": surer})
    assert recognise(tmp_path / "a.jsonl").format == "other"
    equal = Source("other", "another format", 1, SourceSettings, lambda path: 0.1, never_read)
    monkeypatch.setattr(registry, "sources", lambda: {**sources(), "other": equal})
    with pytest.raises(UnknownFormatError, match="it could be table and other"):
        recognise(tmp_path / "a.jsonl")


def test_a_format_is_declared_once() -> None:
    with pytest.raises(MirageError, match="'table' is declared twice"):
        registry.source("table", title="again", detect=lambda path: 0.0)(never_read)
