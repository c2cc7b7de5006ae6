"""Columns as they stand in a file, turned into the types of ``READ_SCHEMA``; what cannot be turned is marked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import polars as pl
from pydantic_core import from_json

from flows.sources.schema import DataType

_TRUE = ("true", "1", "yes")
_FALSE = ("false", "0", "no")


@dataclass(frozen=True)
class Coerced:
    """A column in its final type.

    Attributes:
        values: The column; NULL where the file says nothing or where ``bad``.
        bad: Rows whose value is there but does not fit the type.
    """

    values: pl.Series
    bad: pl.Series


def coerce(column: pl.Series, dtype: DataType, *, lists_as_text: bool = False) -> Coerced:
    """Turn a column into a type without losing a value silently.

    Args:
        column: Any type that a table may hold.
        dtype: A type of ``READ_SCHEMA``.
        lists_as_text: Text that is a JSON list of texts is a list (CSV has no other way to hold one).
    """
    target = dtype() if isinstance(dtype, type) else dtype
    if isinstance(target, pl.List):
        values = _to_list(column, target, lists_as_text=lists_as_text)
        bad = column.is_not_null() & (values.is_null() | values.list.eval(pl.element().is_null()).list.any())
    else:
        values = _to_scalar(column, target)
        bad = column.is_not_null() & values.is_null()
        if column.dtype == pl.String and target != pl.String:
            bad &= column.str.strip_chars() != ""
    bad = bad.fill_null(value=False).alias("bad")
    return Coerced(_blank(values, bad), bad)


def _blank(values: pl.Series, bad: pl.Series) -> pl.Series:
    if not bad.any():
        return values
    return pl.select(pl.when(~bad).then(values)).to_series().alias(values.name)


def _to_scalar(column: pl.Series, target: pl.DataType) -> pl.Series:
    nothing = pl.Series(column.name, [None] * len(column), dtype=target)
    if column.dtype.is_nested() or column.dtype == pl.Object:
        return nothing
    if target == pl.String:
        return column.cast(pl.String, strict=False)
    if target == pl.Boolean:
        return _to_boolean(column)
    if column.dtype == pl.String:
        column = column.str.strip_chars()
    elif column.dtype == pl.Null:
        return nothing
    if target.is_integer() and not column.dtype.is_integer():
        number = column.cast(pl.Float64, strict=False)
        whole = number.is_finite() & (number == number.floor())
        return _blank(number, ~whole.fill_null(value=False)).cast(target, strict=False)
    return column.cast(target, strict=False)


def _to_boolean(column: pl.Series) -> pl.Series:
    if column.dtype == pl.Boolean:
        return column
    text = column.cast(pl.String, strict=False).str.strip_chars().str.to_lowercase().str.strip_suffix(".0")
    truth = pl.when(text.is_in(_TRUE)).then(statement=True).when(text.is_in(_FALSE)).then(statement=False)
    return pl.select(truth).to_series().alias(column.name)


def _to_list(column: pl.Series, target: pl.List, *, lists_as_text: bool) -> pl.Series:
    inner = target.inner
    if isinstance(column.dtype, pl.Array):
        column = column.arr.to_list()
    if isinstance(column.dtype, pl.List):
        if column.dtype.inner == pl.Null:
            return column.cast(target)
        return column.list.eval(pl.element().cast(inner, strict=False)).cast(target)
    if inner == pl.String:
        text = _to_scalar(column, pl.String())
        if not lists_as_text:
            return _wrapped(text, target)
        parsed = [_json_list(value) for value in text]
        texts = [
            [value] if found is None or not all(isinstance(part, str) for part in found) else found
            for value, found in zip(text, parsed, strict=True)
        ]
        return pl.Series(column.name, [None if v == [None] else v for v in texts], dtype=target)
    if column.dtype == pl.String:
        lists = [_json_list(value) for value in column]
        return pl.Series(column.name, lists, dtype=target, strict=False)
    return pl.Series(column.name, [None] * len(column), dtype=target)


def _wrapped(text: pl.Series, target: pl.List) -> pl.Series:
    one = text.reshape((-1, 1)).arr.to_list()
    return pl.select(pl.when(text.is_not_null()).then(one)).to_series().cast(target).alias(text.name)


def _json_list(value: str | None) -> list[Any] | None:
    if value is None or not value.lstrip().startswith("["):
        return None
    try:
        found = from_json(value)
    except ValueError:
        return None
    return found if isinstance(found, list) else None
