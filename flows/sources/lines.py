"""Text files of one record a line, plain or compressed, read in chunks; broken lines are left out and named."""

from __future__ import annotations

import csv
import gzip
import io
import json
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import polars as pl
from pydantic_core import from_json

from flows.sources.finding_log import FindingLog
from flows.sources.registry import UnreadableFileError
from flows.sources.schema import Finding

CHUNK_ROWS = 50_000
CHUNK_BYTES = 32 * 2**20
LONGEST_LINE = 64 * 2**20
LARGEST_ARRAY = 512 * 2**20
COMPRESSIONS = (".gz", ".zst")

csv.field_size_limit(LONGEST_LINE)


@dataclass(frozen=True)
class Chunk:
    """Some records of a file.

    Attributes:
        lines: 1-based line or row of each record.
        columns: One series a column, as they stand in the file.
    """

    lines: pl.Series
    columns: pl.DataFrame


def plain_suffix(path: Path) -> str:
    """The suffix of a file without that of its compression, in lower case."""
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes and suffixes[-1] in COMPRESSIONS:
        suffixes.pop()
    return suffixes[-1] if suffixes else ""


@contextmanager
def open_bytes(path: Path, compression: str | None = None) -> Iterator[IO[bytes]]:
    """The decompressed bytes of a file, whose suffix tells how it is compressed where ``compression`` does not."""
    suffix = path.suffix.lower() if compression is None else compression
    if suffix == ".zst":
        # Python 3.11 reads no zstd, and only such files are worth the import.
        import pyarrow as pa

        with pa.input_stream(str(path), compression="zstd") as stream, io.BufferedReader(stream) as buffered:
            yield buffered
    elif suffix == ".gz":
        with gzip.open(path) as file:
            yield io.BufferedReader(file)
    else:
        with path.open("rb") as plain:
            yield plain


def _lines(stream: IO[bytes], log: FindingLog) -> Iterator[tuple[int, bytes]]:
    """Numbered lines; one that is too long, or that a broken compression ends, is left out and named.

    Raises:
        UnreadableFileError: The compressed bytes are damaged.
    """
    number = 0
    while True:
        number += 1
        try:
            line = stream.readline(LONGEST_LINE + 1)
            if len(line) > LONGEST_LINE:
                log.quarantine("long_line", number, f"longer than {LONGEST_LINE:,} bytes")
                while line and not line.endswith(b"\n"):
                    line = stream.readline(LONGEST_LINE)
                continue
        except (EOFError, OSError, zlib.error) as error:
            if not _is_cut_short(error):
                reason = f"the compressed bytes are damaged, so that none of them can be trusted: {error}"
                raise UnreadableFileError("damaged", reason) from error
            reason, action = f"the compressed file breaks off: {error}", "the lines before are kept"
            log.add(Finding("error", "broken_compression", reason, action, uri=log.uri, line=number))
            return
        if not line:
            return
        yield number, line


def _is_cut_short(error: Exception) -> bool:
    """Whether a compressed file ends early but is sound up to there, as gzip and pyarrow (for zstd) tell it."""
    return isinstance(error, EOFError) or "Truncated" in str(error)


def json_chunks(path: Path, log: FindingLog) -> Iterator[Chunk]:
    """Objects of a JSON lines file, or of a file that is one JSON array.

    Lines that are no JSON object are quarantined in ``log``; NaN and Infinity are read.
    """
    with open_bytes(path) as stream:
        yield from _packed(_json_records(stream, log))


def json_records(path: Path, log: FindingLog) -> Iterator[tuple[int, int, dict[str, Any]]]:
    """Line, length in bytes and value of each object, for readers that look into nested values; as ``json_chunks``."""
    with open_bytes(path) as stream:
        yield from _json_records(stream, log)


def _json_records(stream: IO[bytes], log: FindingLog) -> Iterator[tuple[int, int, dict[str, Any]]]:
    lines = _lines(stream, log)
    for number, line in lines:
        text = line.removeprefix(b"\xef\xbb\xbf").strip() if number == 1 else line.strip()
        if not text:
            continue
        if number == 1 and text.startswith(b"["):
            rows, is_whole = _whole_array(text, lines)
            if isinstance(rows, list):
                yield from _array_records(rows, log)
                if not is_whole:
                    log.quarantine("broken_line", len(rows) + 1, "the JSON array breaks off in this element")
                return
            for late_number, late in enumerate(rows.splitlines(), 1):
                if late.strip():
                    yield from _json_record(late_number, late.strip(), log)
            continue
        yield from _json_record(number, text, log)


def _json_record(number: int, text: bytes, log: FindingLog) -> Iterator[tuple[int, int, dict[str, Any]]]:
    try:
        value = from_json(text)
    except ValueError as error:
        kind = "invalid_utf8" if "unicode" in str(error) else "broken_line"
        log.quarantine(kind, number, f"not JSON: {error}; it starts {_shown(text)}")
        return
    if isinstance(value, dict):
        yield number, len(text), value
    else:
        log.quarantine("not_an_object", number, f"a JSON {_json_word(value)}, not an object; it starts {_shown(text)}")


def _whole_array(first: bytes, rest: Iterator[tuple[int, bytes]]) -> tuple[list[Any] | bytes, bool]:
    """The array that the whole file is, and whether it ends; the file's first bytes where it is no array."""
    parts, size = [first], len(first)
    for _, line in rest:
        parts.append(line.rstrip(b"\r\n"))
        size += len(line)
        if size > LARGEST_ARRAY:
            break
    whole = b"\n".join(parts)
    for is_whole in (True, False):
        try:
            value = from_json(whole, allow_partial=not is_whole)
        except ValueError:
            continue
        if isinstance(value, list) and any(isinstance(row, dict) for row in value):
            return (value if is_whole else value[:-1]), is_whole
    return whole, True


def _array_records(rows: list[Any], log: FindingLog) -> Iterator[tuple[int, int, dict[str, Any]]]:
    reason = "one JSON array where one object a line is expected"
    action = f"its {len(rows):,} elements are read; line counts elements"
    log.add(Finding("note", "json_array", reason, action, uri=log.uri))
    for number, row in enumerate(rows, 1):
        if isinstance(row, dict):
            yield number, 200, row
        else:
            log.quarantine("not_an_object", number, f"element is a JSON {_json_word(row)}, not an object")


def csv_chunks(path: Path, log: FindingLog) -> Iterator[Chunk]:
    """Records of a CSV file (``.tsv``: tab-separated) whose first line names the columns; all values are text.

    Records with another number of fields, or with bytes that are not UTF-8, are quarantined in ``log``.

    Raises:
        UnreadableFileError: There is no header, or it names a column twice.
    """
    with open_bytes(path) as stream:
        numbered = (line.decode("utf-8", "surrogateescape") for _, line in _lines(stream, log))
        reader = csv.reader(numbered, delimiter="\t" if plain_suffix(path) == ".tsv" else ",", strict=True)
        header = _header(reader)
        yield from _packed(_csv_records(reader, header, log))


def _header(reader: Any) -> list[str]:
    try:
        header: list[str] | None = next(reader, None)
    except csv.Error as error:
        raise UnreadableFileError(
            "no_header", f"its first line, which must name the columns, is no CSV: {error}"
        ) from error
    if not header:
        raise UnreadableFileError("no_header", "the file is empty; its first line must name the columns")
    if not _is_utf8("".join(header)):
        reason = (
            f"its first line, which must name the columns, holds bytes that are not UTF-8: {','.join(header)[:40]!a}"
        )
        raise UnreadableFileError("invalid_utf8", reason)
    header[0] = header[0].removeprefix("\ufeff")
    doubled = sorted({name for name in header if header.count(name) > 1})
    if doubled:
        raise UnreadableFileError("doubled_column", f"the header names {', '.join(doubled)} more than once")
    return header


def _csv_records(reader: Any, header: Sequence[str], log: FindingLog) -> Iterator[tuple[int, int, dict[str, Any]]]:
    while True:
        number = reader.line_num + 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            log.quarantine("broken_line", number, f"not CSV: {error}")
            continue
        if not record:
            continue
        if len(record) != len(header):
            log.quarantine("broken_line", number, f"{len(record)} fields where the header names {len(header)}")
            continue
        joined = "".join(record)
        if not _is_utf8(joined):
            log.quarantine("invalid_utf8", number, f"bytes that are not UTF-8; it starts {joined[:40]!a}")
            continue
        yield number, len(joined), dict(zip(header, record, strict=True))


def _packed(records: Iterator[tuple[int, int, dict[str, Any]]]) -> Iterator[Chunk]:
    numbers: list[int] = []
    rows: list[dict[str, Any]] = []
    size = 0
    for number, length, row in records:
        numbers.append(number)
        rows.append(row)
        size += length
        if len(rows) >= CHUNK_ROWS or size >= CHUNK_BYTES:
            yield _chunk(numbers, rows)
            numbers, rows, size = [], [], 0
    yield _chunk(numbers, rows)


def _chunk(numbers: list[int], rows: list[dict[str, Any]]) -> Chunk:
    names = dict.fromkeys(name for row in rows for name in row)
    columns = {name: _series(name, [row.get(name) for row in rows]) for name in names}
    return Chunk(pl.Series("line", numbers, dtype=pl.Int64), pl.DataFrame(columns))


def _series(name: str, values: list[Any]) -> pl.Series:
    """Python values as the narrowest column that holds them all; mixed ones as text, nested ones as JSON text."""
    types = {type(value) for value in values} - {type(None)}
    if types <= {str}:
        return pl.Series(name, values, dtype=pl.String)
    if types == {bool}:
        return pl.Series(name, values, dtype=pl.Boolean)
    if types <= {int, float} and all(abs(value) < 2**63 for value in values if type(value) is int):
        return pl.Series(name, values, dtype=pl.Int64 if types == {int} else pl.Float64, strict=False)
    if types == {list}:
        inner = {type(element) for value in values if value is not None for element in value} - {type(None)}
        for kinds, dtype in ((set(), pl.String), ({str}, pl.String), ({bool}, pl.Boolean), ({int, float}, pl.Float64)):
            if inner <= kinds:
                return pl.Series(name, values, dtype=pl.List(dtype), strict=False)
    return pl.Series(name, [_as_text(value) for value in values], dtype=pl.String)


def _as_text(value: Any) -> str | None:
    return value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _is_utf8(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _shown(text: bytes) -> str:
    return ascii(text[:40].decode("utf-8", "replace"))


def _json_word(value: object) -> str:
    names = {list: "array", str: "text", bool: "boolean", int: "number", float: "number", type(None): "null"}
    return names.get(type(value), "value")
