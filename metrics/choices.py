"""Multiple choice: the log-probabilities of a whole column of samples as flat arrays."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl

from metrics.arrays import Bools, Floats, Ints


@dataclass(frozen=True)
class ChoiceTable:
    """Samples whose choices can be compared; arrays are flat, one value a choice, sample after sample.

    Attributes:
        n_rows: Samples in the batch, those that cannot be compared included.
        rows: (samples,) places in the batch of the samples that can.
        starts: (samples,) index of each sample's first choice.
        sizes: (samples,) choices of each, K; 1 or more.
        logprobs: (choices,) nats, summed over the choice's tokens; finite.
        gold: (samples,) flat index of the right choice.
    """

    n_rows: int
    rows: Ints
    starts: Ints
    sizes: Ints
    logprobs: Floats
    gold: Ints

    @cached_property
    def probabilities(self) -> Floats:
        """(choices,) softmax of the log-probabilities over the choices of a sample."""
        highest = np.maximum.reduceat(self.logprobs, self.starts)
        weights = np.exp(self.logprobs - np.repeat(highest, self.sizes))
        probabilities: Floats = weights / np.repeat(np.add.reduceat(weights, self.starts), self.sizes)
        return probabilities

    @cached_property
    def is_gold(self) -> Bools:
        """(choices,) the choice is the right one."""
        flags = np.zeros(len(self.logprobs), bool)
        flags[self.gold] = True
        return flags

    def chosen(self, scores: Floats) -> Ints:
        """(samples,) flat index of the choice with the highest score; of equal ones the first, as the field does."""
        highest = np.repeat(np.maximum.reduceat(scores, self.starts), self.sizes)
        place = np.where(scores == highest, np.arange(len(scores)), len(scores))
        first: Ints = np.minimum.reduceat(place, self.starts)
        return first

    def series(self, values: Floats) -> pl.Series:
        """(samples,) values as a column of the batch; NULL for the rest and where a value is not finite."""
        column = np.full(self.n_rows, np.nan)
        column[self.rows] = np.where(np.isfinite(values), values, np.nan)
        return pl.Series(column).fill_nan(None)

    def score(self, function: Callable[[ChoiceTable], Floats]) -> pl.Series:
        """A function of the table as a column of the batch; NULL where no sample can be compared."""
        return self.series(function(self) if len(self.rows) else np.zeros(0))


def choice_table(samples: pl.DataFrame) -> ChoiceTable:
    """Read ``choice_logprobs`` and ``gold``; a sample needs choices, all finite, with the right one among them."""
    lists = samples["choice_logprobs"].cast(pl.List(pl.Float64))
    sizes = lists.list.len().fill_null(0).to_numpy().astype(np.int64)
    flat = _flat(lists)
    gold = samples["gold"].cast(pl.Int64).fill_null(-1).to_numpy()
    finite = np.ones(len(sizes), bool)
    finite[np.repeat(np.arange(len(sizes)), sizes)[~np.isfinite(flat)]] = False
    usable = (sizes > 0) & (gold >= 0) & (gold < sizes) & finite
    kept = np.repeat(usable, sizes)
    starts = np.cumsum(sizes[usable]) - sizes[usable]
    return ChoiceTable(
        n_rows=len(sizes),
        rows=np.flatnonzero(usable),
        starts=starts,
        sizes=sizes[usable],
        logprobs=flat[kept],
        gold=starts + gold[usable],
    )


def per_choice(samples: pl.DataFrame, column: str, table: ChoiceTable) -> Floats:
    """(choices,) another list column flat as in the table; NaN for a sample whose list has another length.

    Args:
        samples: The samples that the table was read from.
        column: A list column of numbers, or of texts for their lengths (``choices``: see ``text_lengths``).
        table: The table to line up with.
    """
    lists = samples[column].gather(table.rows).cast(pl.List(pl.Float64))
    same = lists.list.len().fill_null(0).to_numpy() == table.sizes
    values = np.full(len(table.logprobs), np.nan)
    values[np.repeat(same, table.sizes)] = _flat(lists.filter(pl.Series(same)))
    return values


def text_lengths(samples: pl.DataFrame, unit: str) -> pl.DataFrame:
    """Column ``length`` with the length of every choice's text, in ``characters`` or UTF-8 ``bytes``."""
    element = pl.element().str.len_chars() if unit == "characters" else pl.element().str.len_bytes()
    return samples.select(length=pl.col("choices").list.eval(element))


def _flat(lists: pl.Series) -> Floats:
    values: Floats = lists.drop_nulls().explode(empty_as_null=False).to_numpy().astype(np.float64)
    return values
