"""Write the rows of an answer: as a table for people, as CSV, JSON or Parquet for programs."""

from __future__ import annotations

import json
import math
import unicodedata
from typing import BinaryIO, Final

import polars as pl

from warehouse.errors import SqlError

FORMATS: Final = ("table", "csv", "json", "parquet")
LONGEST_CELL: Final = 200
NARROWEST_CELL: Final = 10
LARGEST_WHOLE: Final = 1e15
GAP: Final = "  "
INVISIBLE: Final = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


def write_answer(frame: pl.DataFrame, kind: str, stream: BinaryIO, width: int | None = None) -> None:
    """Write rows as an aligned table, CSV, JSON (an array of objects) or Parquet.

    Lists and structs are written as JSON in tables and CSV. A table shows control and invisible characters as escapes
    and cuts long cells, since model outputs may hold anything.

    Args:
        frame: The rows.
        kind: One of ``FORMATS``.
        stream: Where they go.
        width: Characters a line of a table; cells are cut to fit, and rows with too many columns are written one value
            a line. None: as wide as it takes.

    Raises:
        SqlError: The kind is none of ``FORMATS``.
    """
    if kind not in FORMATS:
        raise SqlError(f"format {kind!r} does not exist; choose from {', '.join(FORMATS)}")
    if kind == "parquet":
        frame.write_parquet(stream)
    elif kind == "csv":
        frame.with_columns(_as_json(frame, name) for name in frame.columns if frame.schema[name].is_nested()).write_csv(
            stream
        )
    elif kind == "json":
        stream.write(
            json.dumps([_plain(row) for row in frame.to_dicts()], ensure_ascii=False, indent=1).encode() + b"\n"
        )
    else:
        stream.write("".join(f"{line.rstrip()}\n" for line in _lines(frame, width)).encode())


def _as_json(frame: pl.DataFrame, name: str) -> pl.Series:
    texts = [
        None if value is None else json.dumps(_plain(value), ensure_ascii=False) for value in frame[name].to_list()
    ]
    return pl.Series(name, texts, dtype=pl.String)


def _plain(value: object) -> object:
    """The value in JSON's own types; what JSON has no word for (NaN, infinity) becomes null, dates become text."""
    if isinstance(value, dict):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    return value if value is None or isinstance(value, bool | int | str) else str(value)


def _lines(frame: pl.DataFrame, width: int | None) -> list[str]:
    cells = [[_cell(value) for value in frame[name].to_list()] for name in frame.columns]
    names = [_shown(name) for name in frame.columns]
    widths = [max(map(_width, [name, *column])) for name, column in zip(names, cells, strict=True)]
    is_right = [frame.schema[name].is_numeric() for name in frame.columns]
    if width is not None:
        floors = [
            _width(name) if right else min(natural, max(_width(name), NARROWEST_CELL))
            for name, right, natural in zip(names, is_right, widths, strict=True)
        ]
        fitting = _fit(widths, floors, width)
        if fitting is None:
            return _records(names, cells, width)
        widths = fitting
    return _aligned(names, cells, widths, is_right)


def _fit(widths: list[int], floors: list[int], width: int) -> list[int] | None:
    """Widths that fill a line: the widest columns give way first, none below its floor; None: it cannot be done."""
    room = width - len(GAP) * (len(widths) - 1)
    if sum(floors) > room:
        return None
    low, high = 0, max(widths, default=0)
    while low < high:
        cap = (low + high + 1) // 2
        low, high = (cap, high) if sum(_capped(widths, floors, cap)) <= room else (low, cap - 1)
    return _capped(widths, floors, low)


def _capped(widths: list[int], floors: list[int], cap: int) -> list[int]:
    return [max(floor, min(width, cap)) for width, floor in zip(widths, floors, strict=True)]


def _aligned(names: list[str], cells: list[list[str]], widths: list[int], is_right: list[bool]) -> list[str]:
    lines = [_line(names, widths, [False] * len(names)), GAP.join("─" * width for width in widths)]
    return lines + [_line(row, widths, is_right) for row in zip(*cells, strict=True)]


def _records(names: list[str], cells: list[list[str]], width: int) -> list[str]:
    """One value a line, for rows that are wider than the screen."""
    longest = max(map(_width, names))
    lines: list[str] = []
    for number, row in enumerate(zip(*cells, strict=True), start=1):
        lines.append(f"── row {number} ".ljust(min(width, longest + 20), "─"))
        lines += [
            f"{_padded(name, longest, False)}{GAP}{_cut(cell, max(width - longest - len(GAP), NARROWEST_CELL))}"
            for name, cell in zip(names, row, strict=True)
        ]
    return lines or [GAP.join(names), "no rows"]


def _line(cells: list[str] | tuple[str, ...], widths: list[int], is_right: list[bool]) -> str:
    return GAP.join(
        _padded(_cut(cell, width), width, right) for cell, width, right in zip(cells, widths, is_right, strict=True)
    )


def _padded(cell: str, width: int, is_right: bool) -> str:
    gap = " " * (width - _width(cell))
    return gap + cell if is_right else cell + gap


def _cut(cell: str, width: int) -> str:
    if _width(cell) <= width:
        return cell
    kept = cell
    while _width(kept) >= width:
        kept = kept[: len(kept) - max(1, (_width(kept) - width) // 2)]
    return kept + "…"


def _cell(value: object) -> str:
    if value is None:
        return "NULL"
    if isinstance(value, float):
        return f"{value:.0f}" if value.is_integer() and abs(value) < LARGEST_WHOLE else f"{value:.6g}"
    text = json.dumps(_plain(value), ensure_ascii=False) if isinstance(value, list | dict) else str(value)
    return _shown(text if len(text) <= LONGEST_CELL else text[:LONGEST_CELL] + "…")


def _shown(text: str) -> str:
    if text.isascii() and text.isprintable():
        return text
    return "".join(
        character.encode("unicode_escape", "surrogatepass").decode()
        if unicodedata.category(character) in INVISIBLE
        else character
        for character in text
    )


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.combining(character) > 0 for character in text)
