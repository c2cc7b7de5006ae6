"""Plain tables: Parquet, CSV and JSON lines, one row an output, with a column mapping."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from functools import partial
from pathlib import Path

import polars as pl

from flows.sources import checks, lines
from flows.sources.coerce import coerce
from flows.sources.finding_log import FindingLog
from flows.sources.lines import Chunk
from flows.sources.mapping import MODEL_FIELDS, Plan, TableSettings, plan_columns, type_in_words
from flows.sources.registry import Batch, LogFile, UnreadableFileError, source
from flows.sources.schema import FIELDS, MODEL_SCHEMA, READ_SCHEMA

TEXT_SUFFIXES = {
    ".csv": lines.csv_chunks,
    ".tsv": lines.csv_chunks,
    ".jsonl": lines.json_chunks,
    ".ndjson": lines.json_chunks,
}
SUFFIXES = (".parquet", *TEXT_SUFFIXES)
TEXT_KEPT_EMPTY = ("prompt", "output", "extracted")
"""In CSV an empty field is an empty text here, and NULL elsewhere."""
WEAK = 0.1
"""A table is what a file is when no log format claims it."""


def detect(path: Path) -> float:
    """Weakly, any file whose name ends like a table."""
    return WEAK if lines.plain_suffix(path) in SUFFIXES else 0.0


@source("table", title="plain table (Parquet, CSV, JSON lines)", detect=detect, settings=TableSettings)
def read(file: LogFile, settings: TableSettings) -> Iterator[Batch]:
    """Rows of a table as samples.

    A row without model, task or item is quarantined; a value that does not fit its field becomes NULL; both are
    findings. Columns that are neither mapped nor named like a field are not read.

    Raises:
        UnreadableFileError: The file is no such table, or lacks the columns that make a row a sample.
    """
    log = FindingLog(file.uri)
    plan: Plan | None = None
    for chunk in table_chunks(file.path, log, partial(_wanted, settings)):
        if plan is None:
            if not chunk.columns.columns:
                break
            plan = plan_columns(settings, chunk.columns.columns)
        samples = _samples(chunk, plan, settings, log, is_csv=lines.plain_suffix(file.path) in {".csv", ".tsv"})
        yield Batch(samples, log.take(), log.take_quarantined(), _models(chunk, plan, samples))
    yield Batch(pl.DataFrame(schema=READ_SCHEMA), log.close(), log.take_quarantined())


def _wanted(settings: TableSettings, available: Sequence[str]) -> set[str]:
    plan = plan_columns(settings, available)
    return {*plan.columns.values(), *plan.models.values(), *settings.mapping.values()}


def table_chunks(path: Path, log: FindingLog, wanted: Callable[[Sequence[str]], Collection[str]]) -> Iterator[Chunk]:
    """Rows of a table, whatever its format.

    Args:
        path: The file.
        log: Told of rows that cannot be read.
        wanted: The columns to read of a Parquet file that has these; of text all are read.

    Raises:
        UnreadableFileError: The file is no table.
    """
    suffix = lines.plain_suffix(path)
    if suffix in TEXT_SUFFIXES:
        yield from TEXT_SUFFIXES[suffix](path, log)
    elif suffix == ".parquet":
        yield from _parquet_chunks(path, wanted)
    else:
        known = ", ".join(SUFFIXES)
        reason = f"its name ends in {suffix!r}; tables end in {known}, .gz or .zst after it"
        raise UnreadableFileError("unknown_suffix", reason)


def _parquet_chunks(path: Path, wanted: Callable[[Sequence[str]], Collection[str]]) -> Iterator[Chunk]:
    try:
        frame = pl.scan_parquet(path, glob=False)
        available = frame.collect_schema().names()
        named = wanted(available)
        chosen = [name for name in available if name in named]
        start = 0
        for columns in frame.select(chosen).collect_batches(chunk_size=lines.CHUNK_ROWS, maintain_order=True):
            numbers = pl.int_range(start + 1, start + columns.height + 1, dtype=pl.Int64, eager=True).alias("line")
            start += columns.height
            yield Chunk(numbers, columns)
        stated = frame.select(pl.len()).collect().item()
    except (pl.exceptions.PolarsError, OSError) as error:
        first = str(error).strip().splitlines()[0]
        raise UnreadableFileError("unreadable", f"not readable as Parquet: {first}") from error
    if start != stated:
        # Polars ends its batches without a word where a damaged footer leads it out of the file
        reason = f"not readable as Parquet: of the {stated:,} rows that it says it holds, {start:,} came"
        raise UnreadableFileError("unreadable", reason)


def _samples(chunk: Chunk, plan: Plan, settings: TableSettings, log: FindingLog, *, is_csv: bool) -> pl.DataFrame:
    columns: dict[str, pl.Series] = {"line": chunk.lines}
    for field, dtype in FIELDS.items():
        if field in plan.columns and plan.columns[field] in chunk.columns.columns:
            columns[field] = _field(chunk, field, plan, log, is_csv=is_csv)
        else:
            value = plan.constants.get(field)
            columns[field] = pl.Series(field, [value], dtype=dtype).new_from_index(0, len(chunk.lines))
    samples = pl.DataFrame(columns, schema=READ_SCHEMA).with_columns(pl.col("repeat").fill_null(0))
    samples = checks.drop_rows_without_key(samples, log)
    samples = checks.blank_impossible(samples, log)
    checks.note_missing_targets(samples, log)
    return samples


def _field(chunk: Chunk, field: str, plan: Plan, log: FindingLog, *, is_csv: bool) -> pl.Series:
    column = chunk.columns[plan.columns[field]]
    if is_csv and field not in TEXT_KEPT_EMPTY:
        column = column.replace("", None)
    as_text = is_csv and not (field == "targets" and plan.single_target)
    coerced = coerce(column, FIELDS[field], lists_as_text=as_text)
    bad = chunk.lines.filter(coerced.bad)
    if len(bad):
        example = str(column.filter(coerced.bad)[0])[:60]
        wanted = f"{type_in_words(FIELDS[field])}, as {field} must be"
        reason = f"column {column.name!r} is not {wanted} (first: {example!r})"
        log.note("warning", "wrong_type", bad, reason, f"{field} set to NULL")
    return coerced.values.alias(field)


def _models(chunk: Chunk, plan: Plan, samples: pl.DataFrame) -> pl.DataFrame | None:
    """What the rows say about their models; the first row that says something about a model counts."""
    if not plan.models:
        return None
    said = {
        field: coerce(chunk.columns[column], MODEL_FIELDS[field]).values.alias(field)
        for field, column in plan.models.items()
        if column in chunk.columns.columns
    }
    facts = pl.DataFrame({"line": chunk.lines, **said}).join(samples.select("line", "model_id"), on="line")
    by_model = facts.sort("line").group_by("model_id", maintain_order=True)
    first = by_model.agg(pl.col(name).drop_nulls().first() for name in said)
    unsaid = {name: dtype for name, dtype in MODEL_SCHEMA.items() if name not in first.columns}
    first = first.with_columns(pl.lit(None, dtype=dtype).alias(name) for name, dtype in unsaid.items())
    return first.with_columns(source=pl.lit("log")).select(*MODEL_SCHEMA)
