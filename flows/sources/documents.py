"""JSON documents and the first bytes of files: read whole within declared limits, or refused with a reason."""

from __future__ import annotations

import zlib
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from pydantic_core import from_json

from flows.sources.lines import COMPRESSIONS, open_bytes, plain_suffix
from flows.sources.registry import UnreadableFileError

LARGEST_DOCUMENT = 512 * 2**20
"""Bytes of one JSON document after decompression; it is parsed in memory."""
HEAD_BYTES = 2**18
ZIP_START = b"PK\x03\x04"
PARQUET_START = b"PAR1"


@dataclass(frozen=True)
class Opening:
    """How a file begins.

    Attributes:
        first: Its first JSON object, as far as the first bytes hold it; empty where it holds none.
        is_array: The object is the first element of a JSON array.
        is_lines: The object ends with its line, and more may follow.
        start: Its first bytes.
    """

    first: dict[str, Any] = field(default_factory=dict)
    is_array: bool = False
    is_lines: bool = False
    start: bytes = b""


def opening(path: Path) -> Opening:
    """How a file begins; a file that cannot be opened or decompressed begins with nothing."""
    try:
        status = path.stat()
    except OSError:
        return Opening()
    return _opening(path, status.st_size, status.st_mtime_ns)


@lru_cache(maxsize=64)
def _opening(path: Path, _size: int, _modified_ns: int) -> Opening:
    head = _head(path)
    text = head.removeprefix(b"\xef\xbb\xbf").lstrip()
    if text[:1] not in (b"{", b"["):
        return Opening(start=head[:16])
    line = text.partition(b"\n")[0]
    value, is_lines = _parsed(line), True
    if value is None:
        value, is_lines = _parsed(text.decode("utf-8", "ignore").encode(), partial=True), False
    is_array = isinstance(value, list)
    if isinstance(value, list):
        value = value[0] if value else None
    return Opening(value if isinstance(value, dict) else {}, is_array, is_lines, head[:16])


def _head(path: Path) -> bytes:
    try:
        with open_bytes(path) as stream:
            return stream.read(HEAD_BYTES)
    except (EOFError, OSError, zlib.error):
        return b""


def _parsed(text: bytes, *, partial: bool = False) -> Any:
    try:
        return from_json(text, allow_partial="trailing-strings" if partial else False)
    except ValueError:
        return None


def read_bytes(path: Path, limit: int = LARGEST_DOCUMENT) -> bytes:
    """All bytes of a file, decompressed.

    Raises:
        UnreadableFileError: It holds more than ``limit`` bytes, or its compression breaks off.
    """
    try:
        with open_bytes(path) as stream:
            data = stream.read(limit + 1)
    except (EOFError, OSError, zlib.error) as error:
        raise UnreadableFileError("broken_compression", f"cannot be decompressed: {error}") from error
    if len(data) > limit:
        reason = f"one JSON document of more than {limit:,} bytes, which is the most that is read into memory"
        raise UnreadableFileError("too_large", f"{reason}; write it as lines, or split it")
    return data


def parse_document(data: bytes, what: str = "the file") -> Any:
    """The value of a JSON text; NaN and Infinity are read.

    Raises:
        UnreadableFileError: It is no JSON, for instance because it breaks off.
    """
    try:
        return from_json(data.removeprefix(b"\xef\xbb\xbf"))
    except ValueError as error:
        kind = "invalid_utf8" if "unicode" in str(error) else "broken_json"
        raise UnreadableFileError(kind, f"{what} is not whole JSON: {error}") from error


def read_object(path: Path, limit: int = LARGEST_DOCUMENT) -> dict[str, Any]:
    """The object that a JSON document is.

    Raises:
        UnreadableFileError: It is no JSON object, or too large.
    """
    value = parse_document(read_bytes(path, limit))
    if not isinstance(value, dict):
        raise UnreadableFileError("not_an_object", f"its JSON is a {type(value).__name__}, not an object")
    return value


def with_compressed(folder: Path, name: str) -> Path | None:
    """A file of a folder by its name, plain or compressed; None where it is not there."""
    found = (folder / f"{name}{suffix}" for suffix in ("", *COMPRESSIONS))
    return next((path for path in found if path.is_file()), None)


def is_json(path: Path) -> bool:
    """The name ends like a JSON document."""
    return plain_suffix(path) == ".json"


def is_json_lines(path: Path) -> bool:
    """The name ends like JSON lines."""
    return plain_suffix(path) in {".jsonl", ".ndjson"}
