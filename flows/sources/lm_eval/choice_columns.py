"""Rows of multiple choice as columns: the choices of all rows in one flat array, and where each row's begin."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import numpy.typing as npt
import polars as pl
import pyarrow as pa
from pydantic_core import from_json

from flows.sources.checks import LARGEST_LOGPROB
from flows.sources.values import NUMBER

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
PLACE = r"^[0-9]{1,9}$"
NO_TEXT = r"^(?:$|[\[{])"
"""Nothing, or an object or a list written as DuckDB writes them."""
NOT_A_PLACE = r"(?i)^\s*(?:" + NUMBER.pattern + r")\s*$"


PLAIN = (
    pl.col("doc_id").str.contains(r"^[0-9]{1,18}$")
    # a list of golds, or a number that is written in another way than a place
    & ~pl.col("target").str.starts_with("[")
    & (pl.col("target").str.contains(PLACE) | ~pl.col("target").str.contains(NOT_A_PLACE))
)
NAMED = (
    # DuckDB writes truth values and numbers as JSON does, which as names of filters are not what they seem
    pl.col("filter").str.contains(r"^[A-Za-z_]")
    & ~pl.col("filter").is_in(["true", "false", "NaN", "Infinity"])
    & (pl.col("metric_names") == pl.col("metric_names").first())
)
UNNAMED = pl.col("filter").is_null() & pl.col("metric_names").is_null()
"""What holds for every plain row, as far as texts tell, with and without the names of its filter and its scores."""


class NotPlainError(Exception):
    """A chunk holds something that only the reader of single rows knows how to take."""


@dataclass(frozen=True)
class Columns:
    """A chunk of rows, all of them plain.

    Attributes:
        item_id: One text a row.
        target: As logged.
        filter: Name of the answer extraction.
        prompt: The one prompt of all choices of a row.
        starts: Where the choices of each row begin in the flat arrays; one more for the end.
        continuations: Texts that were scored, flat.
        logprobs: Their log-probabilities, flat.
        greedy: Whether each was the most likely, flat.
        scores: The logged scores of each row by name; NULL where a row has none.
    """

    item_id: pl.Series
    target: pl.Series
    filter: pl.Series
    prompt: pl.Series
    starts: Ints
    continuations: pl.Series
    logprobs: Floats
    greedy: Bools
    scores: dict[str, pl.Series]
    _golds: dict[str, Ints] = field(default_factory=dict, init=False, repr=False)

    @property
    def n_rows(self) -> int:
        """Number of rows."""
        return len(self.item_id)

    @cached_property
    def n_choices(self) -> Ints:
        """Choices of each row."""
        return np.diff(self.starts)

    @cached_property
    def row(self) -> Ints:
        """The row of each choice."""
        return np.repeat(np.arange(self.n_rows), self.n_choices)

    @cached_property
    def choices(self) -> pl.Series:
        """Texts without the one space that parts them from the prompt, flat."""
        return self.continuations.str.strip_prefix(" ")

    @cached_property
    def best(self) -> Ints:
        """The first choice with the largest log-probability, of each row."""
        return self.first_largest(self.logprobs)

    def first_largest(self, values: Floats) -> Ints:
        """Place of the largest value of each row, the first of equals."""
        largest = np.maximum.reduceat(values, self.starts[:-1])
        places = np.flatnonzero(values == largest[self.row])
        rows = self.row[places]
        first = np.concatenate([[True], rows[1:] != rows[:-1]])
        found: Ints = places[first] - self.starts[:-1]
        return found

    def gold_by(self, reading: str) -> Ints:
        """The gold choice of each row under a reading of ``gold.READINGS``; -1 where it gives none."""
        if reading not in self._golds:
            rules = {"number": self._by_number, "text": self._by_text, "score": self._by_score}
            self._golds[reading] = rules[reading]()
        return self._golds[reading]

    def fits(self, reading: str) -> bool:
        """No row contradicts a reading: each gives a choice, and the logged ``acc`` where there is one."""
        gold = self.gold_by(reading)
        if (gold < 0).any():
            return False
        if "acc" not in self.scores:
            return True
        acc = self.scores["acc"].to_numpy()
        return bool((np.isnan(acc) | ((self.best == gold) == acc)).all())

    def _by_number(self) -> Ints:
        places: Ints = self.target.str.extract(PLACE, 0).cast(pl.Int64).fill_null(-1).to_numpy()
        return np.where(places < self.n_choices, places, -1)

    def _by_text(self) -> Ints:
        wanted = self.target.gather(self.row)
        same = ((self.choices == wanted) | (self.choices == wanted.str.strip_prefix(" "))).to_numpy()
        count = np.add.reduceat(same.astype(np.int64), self.starts[:-1])
        place = self.first_largest(same.astype(np.float64))
        return np.where(count == 1, place, -1)

    def _by_score(self) -> Ints:
        acc = self.scores["acc"].to_numpy() if "acc" in self.scores else np.full(self.n_rows, np.nan)
        said = np.isin(acc, (0.0, 1.0)) & (self.n_choices == 2)
        return np.where(said, np.where(acc == 1.0, self.best, 1 - self.best), -1)


def columns_of(rows: pa.Table, metrics: Sequence[str], filter_name: str | None = None) -> Columns:
    """Columns of rows as DuckDB read them.

    Args:
        rows: The rows.
        metrics: Names of their scores.
        filter_name: The filter of all; None: each names its own, and its scores.

    Raises:
        NotPlainError: A row needs to be looked at by itself.
    """
    frame = pl.DataFrame(rows.select(["doc_id", "target", "prompt", "filter", "metric_names", *metrics]))
    is_plain = PLAIN & (NAMED if filter_name is None else UNNAMED)
    _check(frame.select(is_plain.all(ignore_nulls=False)).item() is True)
    if filter_name is None:
        _check(from_json(frame["metric_names"][0]) == list(metrics))
    starts, texts = _flat(rows["continuations"])
    _check(np.diff(starts) > 1)
    continuations = pl.Series(texts)
    _check(~continuations.str.contains(NO_TEXT))
    _check(frame["prompt"].str.len_bytes() > 0)
    logprobs, greedy = _responses(rows["resps"], starts)
    return Columns(
        item_id=frame["doc_id"],
        target=frame["target"],
        filter=frame["filter"] if filter_name is None else _constant(filter_name, frame.height),
        prompt=frame["prompt"],
        starts=starts,
        continuations=continuations,
        logprobs=logprobs,
        greedy=greedy,
        scores={name: score for name in metrics if (score := _score(frame[name])) is not None},
    )


def _constant(text: str, n: int) -> pl.Series:
    return pl.Series([text], dtype=pl.String).new_from_index(0, n)


def _responses(column: pa.ChunkedArray, starts: Ints) -> tuple[Floats, Bools]:
    outer, repeats = _flat(column)
    _check(np.array_equal(outer, starts))
    one, pairs = _split(repeats)
    two, texts = _split(pairs)
    _check(np.diff(one) == 1)
    _check(np.diff(two) == 2)
    flat = pl.Series(texts)
    logprobs = flat.gather_every(2).cast(pl.Float64, strict=False)
    _check(logprobs.is_finite() & (logprobs <= LARGEST_LOGPROB))
    said = flat.gather_every(2, 1)
    _check(said.is_in(["True", "False"]))
    return logprobs.to_numpy(), (said == "True").to_numpy()


def _score(text: pl.Series) -> pl.Series | None:
    """A logged score as numbers, NaN where a row has none; None where it is a list and thus no score."""
    if text.str.starts_with("[").all() and not text.has_nulls():
        return None
    number = text.cast(pl.Float64, strict=False)
    _check(number.is_finite() | text.is_null())
    return number.fill_null(float("nan"))


def _flat(column: pa.ChunkedArray) -> tuple[Ints, pa.Array]:
    array = column.combine_chunks()
    if isinstance(array, pa.ChunkedArray):
        array = pa.concat_arrays(array.chunks)
    return _split(array)


def _split(array: pa.Array) -> tuple[Ints, pa.Array]:
    """Where each list begins among all values, from 0, and the values."""
    if array.null_count:
        raise NotPlainError
    offsets = array.offsets.to_numpy(zero_copy_only=False).astype(np.int64)
    return offsets - offsets[0], array.flatten()


def _check(holds: pl.Series | Bools | bool) -> None:
    """Every row is plain in this respect; NULL is not."""
    if isinstance(holds, pl.Series):
        holds = not holds.has_nulls() and bool(holds.all())
    if not np.all(holds):
        raise NotPlainError
