"""Short answers: exact match after normalisation, beginnings, positions, words in common."""

from __future__ import annotations

from collections import Counter
from functools import partial

import numpy as np
import polars as pl

from metrics.arrays import AnyArray, Floats
from metrics.batch import Batch
from metrics.normalize import squad_normalized
from metrics.registry import metric
from metrics.tokens import TOKENIZATIONS

TEXT = ("output", "targets")
SQUAD = "Rajpurkar et al. 2016, arXiv:1606.05250, section 6.1"


@metric(
    "exact_match_normalized",
    label="Exact match (normalised)",
    kind="discontinuous",
    unit="share",
    low=0,
    high=1,
    needs=TEXT,
    definition="1 if output and a target are equal in lower case, without punctuation, articles and extra spaces",
    source=f"exact match of SQuAD, {SQUAD}",
    default=False,
)
def exact_match_normalized(batch: Batch) -> pl.Series:
    """1.0 where the output equals one of the targets after normalisation."""
    output, target = squad_normalized(pl.col("output")), squad_normalized(pl.col("target"))
    return batch.best(batch.pairs.select((output == target).cast(pl.Float64)).to_series().to_numpy())


@metric(
    "prefix_match",
    label="Prefix match",
    kind="discontinuous",
    unit="share",
    low=0,
    high=1,
    needs=TEXT,
    definition="1 if the output begins with a target, white space around both left out; NULL for an empty target",
    source="`prefix_exact_match` of HELM, Liang et al. 2022, arXiv:2211.09110",
    default=False,
)
def prefix_match(batch: Batch) -> pl.Series:
    """1.0 where the output starts with one of the targets."""
    output, target = pl.col("output").str.strip_chars(), pl.col("target").str.strip_chars()
    begins = pl.when(target != "").then(output.str.starts_with(target)).cast(pl.Float64)
    return batch.best(batch.pairs.select(begins.fill_null(np.nan)).to_series().to_numpy())


def share_of_target(part: AnyArray, length: AnyArray) -> Floats:
    """Tokens over tokens of the target; NaN for an empty target."""
    share: Floats = np.divide(part, length, out=np.full(len(part), np.nan), where=length > 0)
    return share


def _longest_correct_prefix(batch: Batch, tokenization: str) -> pl.Series:
    tokens = batch.tokens(tokenization)
    return batch.best(share_of_target(tokens.common_prefix, tokens.target_length))


def _positional_accuracy(batch: Batch, tokenization: str) -> pl.Series:
    tokens = batch.tokens(tokenization)
    return batch.best(share_of_target(tokens.same_position, tokens.target_length))


def declare(tokenization: str, meaning: str, *, version: int = 1, default: bool = False) -> None:
    """Enter the metrics of one tokenisation: longest correct prefix and accuracy by position."""
    metric(
        f"longest_correct_prefix_{tokenization}",
        label=f"Longest correct prefix ({tokenization})",
        kind="smooth",
        unit="share",
        low=0,
        high=1,
        needs=TEXT,
        tokenization=tokenization,
        definition=f"target tokens before the first wrong one, by tokens of the target; {meaning}",
        source="common prefix; tokens after the first error do not count",
        version=version,
        default=default,
    )(partial(_longest_correct_prefix, tokenization=tokenization))
    metric(
        f"positional_accuracy_{tokenization}",
        label=f"Token accuracy by position ({tokenization})",
        kind="smooth",
        unit="share",
        low=0,
        high=1,
        needs=TEXT,
        tokenization=tokenization,
        definition=f"target tokens that the output has at the same place, by tokens of the target; {meaning}",
        source="Hamming 1950, Bell System Technical Journal 29(2); a token left out shifts all after it",
        version=version,
        default=default,
    )(partial(_positional_accuracy, tokenization=tokenization))


for _tokenization, _meaning in TOKENIZATIONS.items():
    declare(_tokenization, _meaning)


@metric(
    "token_f1",
    label="Word F1",
    kind="smooth",
    unit="share",
    low=0,
    high=1,
    needs=TEXT,
    definition="harmonic mean of the shares of output words and of target words in common, after SQuAD's normalisation",
    source=f"F1 of SQuAD, {SQUAD}; without words on one side: 1 if there are none on both, else 0",
    default=False,
)
def token_f1(batch: Batch) -> pl.Series:
    """F1 of the bags of words."""
    words = batch.pairs.select(squad_normalized(pl.col(name)).str.split(" ") for name in ("output", "target"))
    return batch.best(np.fromiter((_f1(*pair) for pair in words.iter_rows()), np.float64, words.height))


def _f1(output: list[str], target: list[str]) -> float:
    common = (Counter(output) & Counter(target)).total()
    return 2 * common / (len(output) + len(target))
