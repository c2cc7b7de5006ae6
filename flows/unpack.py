"""Archives of logs, unpacked into a cache beside the warehouse within declared limits, and only when they change."""

from __future__ import annotations

import hashlib
import io
import json
import os
import shutil
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO

from flows.sources.archives import LARGEST_RATIO, RATIO_FROM, ZSTD, Archive, is_unsafe
from flows.sources.lines import open_bytes
from flows.sources.registry import UnreadableFileError

TARS = (".tar", ".tar.gz", ".tgz", ".tar.zst")
ARCHIVES = (".zip", *TARS)
LARGEST_ARCHIVE = 64 * 2**30
"""Bytes of all members of an archive together."""
MOST_MEMBERS = 200_000
DEEPEST = 3
"""Archives inside archives are opened down to this depth."""
BLOCK = 2**20
MANIFEST = "manifest.json"
_BROKEN = (zipfile.BadZipFile, tarfile.TarError, OSError, EOFError, zlib.error, NotImplementedError, RuntimeError)


@dataclass(frozen=True)
class Problem:
    """Something wrong with an archive.

    Attributes:
        kind: Short name for the finding.
        reason: What was met.
        action: What was done.
    """

    kind: str
    reason: str
    action: str


@dataclass
class Unpacked:
    """What an archive holds.

    Attributes:
        folder: Where its members lie.
        members: Their names, in the order of the archive.
        problems: What was wrong with others.
    """

    folder: Path
    members: list[str] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


def is_archive(path: Path) -> bool:
    """Its name ends like that of an archive of files."""
    return path.name.lower().endswith(ARCHIVES)


def unpack(path: Path, name: str, cache: Path) -> Unpacked:
    """The members of an archive; one whose size and time are known is not opened again.

    Args:
        path: The archive.
        name: Its name in the warehouse; what was unpacked under it before and is outdated goes.
        cache: Folder to unpack in.

    Raises:
        OSError: The archive or the cache cannot be opened.
    """
    status = path.stat()
    prefix = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()[:12]
    folder = cache / f"{prefix}-{status.st_size:x}-{status.st_mtime_ns:x}"
    manifest = folder / MANIFEST
    if not manifest.is_file():
        for outdated in cache.glob(f"*{prefix}-*"):
            shutil.rmtree(outdated, ignore_errors=True)
        _unpack_new(path, folder)
    said = json.loads(manifest.read_text(encoding="utf-8"))
    return Unpacked(folder / "files", said["members"], [Problem(**one) for one in said["problems"]])


def _unpack_new(path: Path, folder: Path) -> None:
    """Unpack beside and move into place when whole, so that a killed run leaves nothing half done."""
    temporary = folder.with_name(f".{folder.name}.{os.getpid()}.part")
    shutil.rmtree(temporary, ignore_errors=True)
    found = Unpacked(temporary / "files")
    found.folder.mkdir(parents=True)
    try:
        _unpack_into(path, found, _Budget(path.stat().st_size), depth=1)
    except _TooLargeError as error:
        shutil.rmtree(found.folder)
        found.folder.mkdir()
        found.members.clear()
        found.problems.append(Problem("zip_bomb", str(error), "none of it is read; what was stored of it stays"))
    text = json.dumps({"members": found.members, "problems": [asdict(one) for one in found.problems]})
    (temporary / MANIFEST).write_text(text, encoding="utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    os.replace(temporary, folder)


def _unpack_into(path: Path, found: Unpacked, budget: _Budget, depth: int, below: str = "") -> None:
    """One archive, and those in it, all within one budget."""
    members = _zip_members if path.name.lower().endswith(".zip") else _tar_members
    inner: list[str] = []
    try:
        for name, stream in members(path, found):
            budget.take_member()
            member = f"{below}{name}"
            target = found.folder / member
            if target.exists():
                found.problems.append(Problem("doubled_member", f"two members are named {name!a}", "the first is kept"))
                continue
            target.parent.mkdir(parents=True, exist_ok=True)
            stamp(target, _write(stream, target, budget))
            (inner if is_archive(target) else found.members).append(member)
    except (*_BROKEN, UnreadableFileError) as error:
        reason = f"the archive breaks off or is damaged: {error}"
        found.problems.append(Problem("broken_archive", reason, f"the {len(found.members):,} members before are read"))
    for member in inner:
        if depth < DEEPEST:
            _unpack_into(found.folder / member, found, budget, depth + 1, f"{member}!/")
        else:
            reason = f"{member!a} is an archive {DEEPEST} archives deep"
            found.problems.append(Problem("deep_archive", reason, "left out; unpack it first"))
        (found.folder / member).unlink(missing_ok=True)


class _TooLargeError(Exception):
    """The archive grows beyond the limits."""


class _Budget:
    """What is left of the limits of one archive."""

    def __init__(self, packed: int) -> None:
        self.limit = min(LARGEST_ARCHIVE, max(RATIO_FROM, packed * LARGEST_RATIO))
        self.packed, self.size, self.n_members = packed, 0, 0

    def take(self, size: int) -> None:
        self.size += size
        if self.size > self.limit:
            raise _TooLargeError(
                f"it grows beyond {self.limit:,} bytes from {self.packed:,}; such archives are refused"
            )

    def take_member(self) -> None:
        self.n_members += 1
        if self.n_members > MOST_MEMBERS:
            raise _TooLargeError(f"it holds more than {MOST_MEMBERS:,} members; such archives are refused")


def stamp(path: Path, digest: str) -> None:
    """Set the time of last change by the content, as a pull goes by size and time: the same content, the same time.

    Args:
        path: A file of a cache.
        digest: Hash of its content in hexadecimal digits.
    """
    when = int(digest[:14], 16)
    os.utime(path, ns=(when, when))


def _write(stream: IO[bytes], target: Path, budget: _Budget) -> str:
    digest = hashlib.sha256()
    with target.open("wb") as file:
        while block := stream.read(BLOCK):
            budget.take(len(block))
            digest.update(block)
            file.write(block)
    return digest.hexdigest()


def _zip_members(path: Path, found: Unpacked) -> Iterator[tuple[str, IO[bytes]]]:
    with path.open("rb") as stream, zipfile.ZipFile(stream) as file:
        archive = Archive(file, stream)
        for name in archive.unsafe:
            found.problems.append(_unsafe(name))
        for info in file.infolist():
            if info.is_dir() or is_unsafe(info.filename):
                continue
            if info.flag_bits & 1:
                reason = f"member {info.filename!a} is encrypted"
                found.problems.append(Problem("encrypted", reason, "left out; decrypt the archive first"))
                continue
            with _zip_stream(archive, file, info) as member:
                yield info.filename, member


@contextmanager
def _zip_stream(archive: Archive, file: zipfile.ZipFile, info: zipfile.ZipInfo) -> Iterator[IO[bytes]]:
    if info.compress_type == ZSTD:
        yield io.BytesIO(archive.read(info.filename))
        return
    with file.open(info) as member:
        yield member


def _tar_members(path: Path, found: Unpacked) -> Iterator[tuple[str, IO[bytes]]]:
    suffix = path.suffix.lower()
    with (
        open_bytes(path, ".gz" if suffix == ".tgz" else suffix) as stream,
        tarfile.open(fileobj=stream, mode="r|") as archive,
    ):
        for info in archive:
            if info.isdir():
                continue
            if is_unsafe(info.name):
                found.problems.append(_unsafe(info.name))
                continue
            member = archive.extractfile(info) if info.isreg() else None
            if member is None:
                reason = f"member {info.name!a} is a link or a device, not a file"
                found.problems.append(Problem("no_file", reason, "left out"))
                continue
            yield info.name.removeprefix("./"), member


def _unsafe(name: str) -> Problem:
    reason = f"the name of member {name!a} is absolute or leads out of the archive"
    return Problem("unsafe_member", reason, "left out")
