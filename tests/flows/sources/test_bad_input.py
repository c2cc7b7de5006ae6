"""Every reader on spoiled copies of every miniature log: a finding or a refusal, never another error."""

from __future__ import annotations

import gzip
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from flows.sources.registry import UnreadableFileError
from tests.flows.sources.reading import CASES, Read, read
from tests.flows.sources.test_contract import FILES, NAMES

Spoil = Callable[[bytes], bytes]

SPOILS: dict[str, Spoil] = {
    "nothing left": lambda data: b"",
    "cut in the first quarter": lambda data: data[: len(data) // 4],
    "cut before the end": lambda data: data[: -len(data) // 10],
    "last byte lost": lambda data: data[:-2],
    "bytes that are not utf-8": lambda data: data.replace(b"Q", b"\xff\xfe").replace(b"q", b"\xc3"),
    "a lone surrogate": lambda data: data.replace(b"Q", b"\\ud800"),
    "numbers are NaN": lambda data: data.replace(b"0.5", b"NaN").replace(b"-3.0", b"-Infinity"),
    "numbers are texts": lambda data: data.replace(b"-1.0", b'"-1.0"').replace(b" 1,", b' "1",'),
    "numbers are huge": lambda data: data.replace(b": 1", b": 1" + b"0" * 400),
    "lists are null": lambda data: data.replace(b"[", b"[null, ", 1).replace(b": {", b": null, {"),
    "objects are lists": lambda data: data.replace(b": {", b": [{", 1),
    "deeply nested": lambda data: data.replace(b"{", b'{"a": ' + b"[" * 5000, 1),
}


def spoiled(path: Path, folder: Path, spoil: Spoil) -> Path:
    """A copy of the folder of a case with one file spoiled."""
    copy = folder / "copy"
    root = CASES / Path(*path.relative_to(CASES).parts[:2])
    shutil.copytree(root, copy)
    target = copy / path.relative_to(root)
    target.write_bytes(spoil(path.read_bytes()))
    return target


def read_or_refuse(path: Path) -> Read | None:
    """What came of the file by the reader its case belongs to; None: it was refused with a reason."""
    try:
        return read(path)
    except UnreadableFileError:
        return None


def kinds(path: Path, format: str) -> list[str]:
    """Kinds of the findings about a file, be it refused or not."""
    try:
        return read(path, format).kinds()
    except UnreadableFileError as error:
        return [error.kind]


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_spoiled_files_end_in_findings_or_a_refusal(path: Path, tmp_path: Path) -> None:
    for number, spoil in enumerate(SPOILS.values()):
        found = read_or_refuse(spoiled(path, tmp_path / str(number), spoil))
        if found is not None:
            errors = sum(finding.severity == "error" for finding in found.findings)
            assert (found.n_quarantined > 0) == (errors > 0)


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_a_reader_forced_onto_any_file_reads_or_refuses(path: Path, tmp_path: Path) -> None:
    format = path.relative_to(CASES).parts[0]
    for number, content in enumerate(
        (b"", b"null", b"[]", b"{}", b"[1]", b'"text"', b"\xff\x00", b"PK\x03\x04rest", b"PAR1")
    ):
        target = tmp_path / f"{number}{path.suffix}"
        target.write_bytes(content)
        try:
            found = read(target, format)
        except UnreadableFileError:
            continue
        assert found.samples.is_empty()


@pytest.mark.parametrize("path", [path for path in FILES if path.suffix in {".json", ".jsonl"}], ids=str)
def test_compressed_copies_read_the_same_and_broken_ones_are_named(path: Path, tmp_path: Path) -> None:
    root = CASES / Path(*path.relative_to(CASES).parts[:2])
    shutil.copytree(root, tmp_path / "copy")
    plain = tmp_path / "copy" / path.relative_to(root)
    packed = plain.with_name(plain.name + ".gz")
    packed.write_bytes(gzip.compress(plain.read_bytes()))
    before = read(plain)
    plain.unlink()

    assert read(packed).samples.equals(before.samples)

    packed.write_bytes(packed.read_bytes()[:-20])
    assert {"broken_compression", "broken_json", "broken_line"} & set(kinds(packed, before.format))
