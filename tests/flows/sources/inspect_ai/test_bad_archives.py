"""Archives that are broken, hostile or too new."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import pytest

from flows.sources import archives
from flows.sources.registry import UnreadableFileError
from tests.flows.sources.inspect_ai.test_samples import ARCHIVES, INSPECT
from tests.flows.sources.reading import read
from tests.flows.sources.zips import DEFLATED, ENCRYPTED, ZSTD, write_zip

Members = dict[str, bytes]


@pytest.fixture
def members() -> Members:
    with zipfile.ZipFile(ARCHIVES[0]) as file:
        return {name: file.read(name) for name in file.namelist()}


def test_a_newer_version_is_refused_by_name(members: Members, tmp_path: Path) -> None:
    header = json.loads(members["header.json"]) | {"version": 4}
    path = write_zip(tmp_path / "new.eval", members | {"header.json": json.dumps(header).encode()})

    with pytest.raises(UnreadableFileError, match="version 4; versions up to 3 are read"):
        read(path)


def test_an_encrypted_archive_is_refused(members: Members, tmp_path: Path) -> None:
    path = write_zip(tmp_path / "locked.eval", members, flags=ENCRYPTED)

    with pytest.raises(UnreadableFileError, match="is encrypted") as refused:
        read(path)
    assert refused.value.kind == "encrypted"


@pytest.mark.parametrize("method", [DEFLATED, ZSTD])
def test_a_member_that_grows_beyond_the_ratio_is_left_out(
    method: int, members: Members, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(archives, "RATIO_FROM", 100_000)
    bomb = {"samples/bomb_epoch_1.json": b'{"id": "' + bytes(20_000_000).replace(b"\0", b"a") + b'"}'}
    found = read(write_zip(tmp_path / "bomb.eval", members | bomb, method))

    assert found.samples.height == 4
    assert "samples/bomb_epoch_1.json" in found.finding("zip_bomb").reason
    assert found.finding("zip_bomb").severity == "error"


def test_names_that_lead_out_of_the_archive_are_left_out(members: Members, tmp_path: Path) -> None:
    sample = members["samples/a/1_epoch_1.json"].replace(b"a/1", b"evil")
    unsafe = {f"{start}evil_epoch_1.json": sample for start in ("samples/../../", "/samples/", "C:\\samples\\")}
    found = read(write_zip(tmp_path / "unsafe.eval", unsafe | members))

    assert found.kinds().count("unsafe_name") == 3
    assert "evil" not in found.column("item_id")


@pytest.mark.parametrize("method", [DEFLATED, ZSTD])
def test_a_damaged_member_is_named_and_the_rest_is_read(method: int, members: Members, tmp_path: Path) -> None:
    path = write_zip(tmp_path / "log.eval", members, method)
    data = bytearray(path.read_bytes())
    begin = data.index(b"samples/a/1_epoch_2.json") + len("samples/a/1_epoch_2.json") + 20
    data[begin : begin + 8] = b"\xff" * 8
    path.write_bytes(data)

    found = read(path)

    assert found.finding("broken_member").reason.startswith("member 'samples/a/1_epoch_2.json' cannot be read")
    assert found.samples.height == 3
    assert "items_missing" in found.kinds()


def test_a_truncated_archive_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "cut.eval"
    path.write_bytes(ARCHIVES[0].read_bytes()[:-30])

    with pytest.raises(UnreadableFileError, match="no whole zip file"):
        read(path)


def test_an_attachment_that_is_missing_leaves_no_reference_behind(tmp_path: Path) -> None:
    text = (INSPECT / "2-document" / "log.json").read_text().replace("ANSWER: B", "attachment://gone")
    (tmp_path / "log.json").write_text(text)

    found = read(tmp_path / "log.json")

    assert found.column("output") == [None, "ANSWER: A,B", None]
    assert found.finding("no_output").reason.startswith("2 rows")
