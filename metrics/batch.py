"""Samples with what several metrics share computed once: tokens, distances, choices, log-probability sums."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from metrics.arrays import Floats
from metrics.choices import ChoiceTable, choice_table
from metrics.tokens import TokenPairs, tokenize_pairs


@dataclass(frozen=True)
class BestTarget:
    """Each output against the target it is nearest to; all arrays have one value a sample.

    Attributes:
        distance: Levenshtein distance in tokens.
        target_length: Tokens of that target.
        output_length: Tokens of the output.
    """

    distance: NDArray[np.int32]
    target_length: NDArray[np.int32]
    output_length: NDArray[np.int32]


class Batch:
    """Rows of ``sample`` in which every column a metric needs is present."""

    def __init__(self, samples: pl.DataFrame) -> None:
        self.samples = samples
        self._tokens: dict[str, TokenPairs] = {}
        self._nearest: dict[str, BestTarget] = {}
        self._derived: dict[str, Batch] = {}

    @cached_property
    def pairs(self) -> pl.DataFrame:
        """One row a (sample, target): ``row``, ``output``, ``target``."""
        frame = self.samples.select("output", target="targets").with_row_index("row")
        if (frame["target"].list.len() == 1).all():
            return frame.with_columns(pl.col("target").list.first()).filter(pl.col("target").is_not_null())
        return frame.explode("target", empty_as_null=False).filter(pl.col("target").is_not_null())

    def tokens(self, tokenization: str) -> TokenPairs:
        """The pairs, tokenised; each tokenisation is computed once."""
        if tokenization not in self._tokens:
            self._tokens[tokenization] = tokenize_pairs(self.pairs["output"], self.pairs["target"], tokenization)
        return self._tokens[tokenization]

    def best(self, values: Floats) -> pl.Series:
        """Highest value of each sample over its targets; NaN is no value, and NULL where a sample has none.

        Args:
            values: (pairs,) one value a row of ``pairs``.
        """
        found = np.full(self.samples.height, -np.inf)
        row = self.pairs["row"].to_numpy()
        if len(row) == len(found):
            found[row] = values
        else:
            np.maximum.at(found, row, np.where(np.isnan(values), -np.inf, values))
        found[np.isneginf(found)] = np.nan
        return pl.Series(found).fill_nan(None)

    def nearest(self, tokenization: str) -> BestTarget:
        """Each output against its nearest target (fewest edits; then the longest target, then the first)."""
        if tokenization not in self._nearest:
            self._nearest[tokenization] = self._find_nearest(self.tokens(tokenization))
        return self._nearest[tokenization]

    def _find_nearest(self, tokens: TokenPairs) -> BestTarget:
        pairs = self.pairs
        if pairs.height == self.samples.height:
            return BestTarget(tokens.distance, tokens.target_length, tokens.output_length)
        row = pairs["row"].to_numpy()
        order = np.lexsort((-tokens.target_length, tokens.distance, row))
        first = order[np.unique(row[order], return_index=True)[1]]
        return BestTarget(tokens.distance[first], tokens.target_length[first], tokens.output_length[first])

    def derived(self, name: str, change: Callable[[pl.DataFrame], pl.DataFrame]) -> Batch:
        """The same rows after a named change, so that metrics of one change share the work."""
        if name not in self._derived:
            self._derived[name] = Batch(change(self.samples))
        return self._derived[name]

    @cached_property
    def choices(self) -> ChoiceTable:
        """The log-probabilities of the choices."""
        return choice_table(self.samples)

    @cached_property
    def target_logprob(self) -> pl.Series:
        """Summed log-probability of the target, nats; not finite becomes NULL.

        From the tokens where they are given and hold no NULL, else the sum that the log gives.
        """
        columns = self.samples.columns
        tokens = pl.col("target_logprobs").cast(pl.List(pl.Float64))
        sums: list[pl.Expr] = []
        if "target_logprobs" in columns:
            sums.append(pl.when(tokens.list.len() > 0).then(tokens.list.sum()))
        if "target_logprob" in columns:
            sums.append(pl.col("target_logprob"))
        total = self.samples.select(v=pl.coalesce(sums))
        return total.select(pl.when(pl.col("v").is_finite()).then(pl.col("v"))).to_series()

    @cached_property
    def n_logprobs(self) -> pl.Series:
        """Number of target tokens with a log-probability."""
        return self.samples["target_logprobs"].list.len()
