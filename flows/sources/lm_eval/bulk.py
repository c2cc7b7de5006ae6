"""Multiple-choice samples in bulk: DuckDB parses many rows at once, and columns take the place of Python values.

Only what the harness writes since 0.4.3 is read here, and only while every row is plain: a chunk with anything else in
it is left to the reader of single rows, whose result for a plain row is the same. Up to 0.4.6 rows name neither their
filter nor their scores, so that they are read here where the task has one filter.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from pydantic_core import from_json

from flows.sources.lines import open_bytes, plain_suffix
from flows.sources.lm_eval.choice_columns import Columns, NotPlainError, columns_of

KNOWN_KEYS = {
    *("doc_id", "doc", "target", "arguments", "resps", "filtered_resps", "filter", "metrics"),
    *("doc_hash", "prompt_hash", "target_hash", "scores_per_repeat"),
}
"""Keys of a row that are no scores."""
SMALLEST_FILE = 2**20
"""Bytes; below, the connection would cost more than it saves."""
LONGEST_LINE = 2**18
"""Bytes; DuckDB hands over 2,048 rows at a time, whatever their size, and refuses longer ones here."""
CHUNK_BYTES = 24 * 2**20
CHUNK_ROWS = 16_384
MEMORY = "400MB"
OPEN_BRACE = ord("{")
PROMPTS = "list_transform(map_values(arguments), lambda one: one.arg_0)"
PROMPT = f"CASE WHEN list_unique({PROMPTS}) = 1 AND list_count({PROMPTS}) = len({PROMPTS}) THEN {PROMPTS}[1] END"
"""The one prompt of all choices; NULL where they differ. DuckDB hands it over once and not once a choice."""
CONTINUATIONS = "list_transform(map_values(arguments), lambda one: one.arg_1)"


@dataclass(frozen=True)
class Layout:
    """What the first row tells about all.

    Attributes:
        metrics: Names of the scores of a row.
        n_lines: Lines of the file.
        chunk_rows: Rows to hand over at a time.
        filter: The one filter of all rows; None: each names its own.
    """

    metrics: tuple[str, ...]
    n_lines: int
    chunk_rows: int
    filter: str | None = None


def read_columns(path: Path, layout: Layout) -> Iterator[Columns]:
    """Chunks of a file from its start, until one is not plain or the file ends."""
    with closing(duckdb.connect(config={"memory_limit": MEMORY, "threads": 1})) as con:
        # views into DuckDB's own memory, which Polars takes as they are
        con.execute("SET produce_arrow_string_view = true")
        try:
            batches = con.sql(_query(path, layout.metrics)).to_arrow_reader(layout.chunk_rows)
            for batch in batches:
                yield columns_of(pa.Table.from_batches([batch]), layout.metrics, layout.filter)
        except (duckdb.Error, pa.ArrowException, OSError, NotPlainError):
            # what DuckDB meets while it streams comes through Arrow as an OSError
            return


def layout_of(path: Path, filters: Sequence[str] = ("none",)) -> Layout | None:
    """The layout of a file whose every line starts like an object; None where bulk reading is not for it.

    Args:
        path: The file, plain or compressed.
        filters: Filters of the task, for rows that do not name theirs.
    """
    if plain_suffix(path) not in (".jsonl", ".ndjson") or path.stat().st_size < SMALLEST_FILE:
        return None
    try:
        with open_bytes(path) as stream:
            found = _metrics(stream.readline(LONGEST_LINE), filters)
        counted = None if found is None else _count_lines(path)
    except (EOFError, OSError, zlib.error):
        return None
    if found is None or counted is None:
        return None
    metrics, filter_name = found
    n_lines, size = counted
    return Layout(metrics, n_lines, max(1, min(CHUNK_ROWS, CHUNK_BYTES * n_lines // size)), filter_name)


def _count_lines(path: Path) -> tuple[int, int] | None:
    """Lines and bytes of a file; None where a line does not start with a brace, or is too long."""
    # the sign before each block stands before it, so that lines which begin with a block are like others
    block = bytearray(b"\n") + bytearray(LONGEST_LINE)
    n_lines = length = size = 0
    with open_bytes(path) as stream:
        while n := stream.readinto(memoryview(block)[1:]):  # type: ignore[attr-defined]
            size += n
            end = block.find(b"\n", 0, n)
            while end >= 0:
                if block[end + 1] != OPEN_BRACE:
                    return None
                n_lines += 1
                end = block.find(b"\n", end + 1, n)
            # a line within one block is short enough
            first = block.find(b"\n", 1, n + 1)
            if length + (n if first < 0 else first - 1) > LONGEST_LINE:
                return None
            length = length + n if first < 0 else n - block.rfind(b"\n", 1, n + 1)
            block[0] = block[n]
    return n_lines, size


def _metrics(line: bytes, filters: Sequence[str]) -> tuple[tuple[str, ...], str | None] | None:
    """Names of the scores of a first row of multiple choice, and its filter where it names none.

    None where it is no such row, or its scores or filter are not sure.
    """
    try:
        row = from_json(line)
    except ValueError:
        return None
    if not isinstance(row, dict) or not _is_choice(row.get("arguments"), row.get("resps")):
        return None
    names_all = "metrics" in row and "filter" in row
    names = row.get("metrics") if names_all else [name for name in row if name not in KNOWN_KEYS]
    if not isinstance(names, list) or not all(isinstance(name, str) and name.isidentifier() for name in names):
        return None
    # DuckDB takes names that differ in case alone for one
    if len({name.lower() for name in names}) < len(names) or not isinstance(row.get("target"), str):
        return None
    if names_all:
        return (tuple(names), None) if isinstance(row["filter"], str) else None
    is_sure = len(filters) == 1 and not {"metrics", "filter"} & row.keys()
    return (tuple(names), filters[0]) if is_sure else None


def _is_choice(arguments: object, responses: object) -> bool:
    if not isinstance(arguments, dict) or not isinstance(responses, list) or len(responses) != len(arguments):
        return False
    requests: Sequence[Any] = list(arguments.values())
    texts = all(isinstance(one, dict) and _are_texts([one.get("arg_0"), one.get("arg_1")]) for one in requests)
    pairs = all(_is_list(one, 1) and _is_list(one[0], 2) and _are_texts(one[0]) for one in responses)
    return len(arguments) > 1 and texts and pairs


def _is_list(value: object, length: int) -> bool:
    return isinstance(value, list) and len(value) == length


def _are_texts(values: Sequence[object]) -> bool:
    return all(isinstance(value, str) for value in values)


def _query(path: Path, metrics: Sequence[str]) -> str:
    columns: Mapping[str, str] = {
        "doc_id": "JSON",
        "target": "VARCHAR",
        "arguments": "MAP(VARCHAR, STRUCT(arg_0 VARCHAR, arg_1 VARCHAR))",
        "resps": "VARCHAR[][][]",
        "filter": "VARCHAR",
        "metrics": "JSON",
        **dict.fromkeys(metrics, "JSON"),
    }
    typed = ", ".join(f"'{name}': '{dtype}'" for name, dtype in columns.items())
    scores = "".join(f', "{name}"' for name in metrics)
    file = str(path).replace("'", "''")
    # a path is taken for a pattern, and a bracket is the only way to quote one
    file = "".join(f"[{sign}]" if sign in "*?[" else sign for sign in file)
    return (
        f"SELECT doc_id, target, {PROMPT} AS prompt, {CONTINUATIONS} AS continuations, resps, filter, "
        f"metrics AS metric_names{scores} FROM read_json('{file}', format = 'newline_delimited', "
        f"maximum_object_size = {LONGEST_LINE}, columns = {{{typed}}})"
    )
