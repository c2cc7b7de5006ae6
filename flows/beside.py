"""The files that a file is read together with: told apart by their stamps without opening, then by their bytes."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

from flows.sources.registry import Source

HASH_BLOCK = 4 * 2**20


def sha256_of(paths: Sequence[Path]) -> str:
    """Hash of the bytes of files, one after the other.

    Raises:
        OSError: One cannot be read.
    """
    digest = hashlib.sha256()
    for path in paths:
        with path.open("rb") as file:
            while block := file.read(HASH_BLOCK):
                digest.update(block)
    return digest.hexdigest()


def stamp(reader: Source, path: Path) -> str | None:
    """Names, sizes and times of a file's companions, as one short text; None where it has none."""
    found = []
    for companion in companions(reader, path):
        status = companion.stat()
        found.append(f"{companion.name}:{status.st_size}:{status.st_mtime_ns}")
    return "|".join(found) or None


def content(reader: Source, path: Path) -> str | None:
    """Hash of the bytes of a file's companions; None where it has none.

    Raises:
        OSError: One cannot be read.
    """
    found = companions(reader, path)
    return sha256_of(found) if found else None


def companions(reader: Source, path: Path) -> Sequence[Path]:
    """A file's companions; none where its folder cannot be looked at."""
    try:
        return reader.companions(path)
    except OSError:
        return ()
