"""Samples with what several metrics share computed once: tokens, distances, log-probability sums."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

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
        self._nearest: dict[str, BestTarget] = {}

    @cached_property
    def pairs(self) -> pl.DataFrame:
        """One row a (sample, target): ``row``, ``output``, ``target``."""
        frame = self.samples.select("output", target="targets").with_row_index("row")
        if (frame["target"].list.len() == 1).all():
            return frame.with_columns(pl.col("target").list.first()).filter(pl.col("target").is_not_null())
        return frame.explode("target", empty_as_null=False).filter(pl.col("target").is_not_null())

    def nearest(self, tokenization: str) -> BestTarget:
        """Each output against its nearest target (fewest edits; then the longest target, then the first)."""
        if tokenization not in self._nearest:
            self._nearest[tokenization] = self._find_nearest(tokenization)
        return self._nearest[tokenization]

    def _find_nearest(self, tokenization: str) -> BestTarget:
        pairs = self.pairs
        tokens: TokenPairs = tokenize_pairs(pairs["output"], pairs["target"], tokenization)
        if pairs.height == self.samples.height:
            return BestTarget(tokens.distance, tokens.target_length, tokens.output_length)
        row = pairs["row"].to_numpy()
        order = np.lexsort((-tokens.target_length, tokens.distance, row))
        first = order[np.unique(row[order], return_index=True)[1]]
        return BestTarget(tokens.distance[first], tokens.target_length[first], tokens.output_length[first])

    @cached_property
    def target_logprob(self) -> pl.Series:
        """Summed log-probability of the target, nats; not finite becomes NULL."""
        total = self.samples["target_logprobs"].cast(pl.List(pl.Float64)).list.sum()
        return total.to_frame("v").select(pl.when(pl.col("v").is_finite()).then(pl.col("v"))).to_series()

    @cached_property
    def n_logprobs(self) -> pl.Series:
        """Number of target tokens with a log-probability."""
        return self.samples["target_logprobs"].list.len()
