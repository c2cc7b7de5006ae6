"""Output against target as text: exact match, edit distance and its kin, by tokenisation."""

from __future__ import annotations

from functools import partial

import numpy as np
import polars as pl

from metrics.batch import Batch
from metrics.registry import metric
from metrics.tokens import TOKENIZATIONS

TEXT = ("output", "targets")
LEVENSHTEIN = "Levenshtein 1966; as a smooth metric: Schaeffer, Miranda and Koyejo 2023, arXiv:2304.15004"


@metric(
    "exact_match",
    label="Exact match",
    kind="discontinuous",
    unit="share",
    low=0,
    high=1,
    needs=TEXT,
    definition="1 if the output equals a target, character by character; else 0",
    source="Rajpurkar et al. 2016, arXiv:1606.05250, without their normalisation",
)
def exact_match(batch: Batch) -> pl.Series:
    """1.0 where the output equals one of the targets."""
    return batch.samples.select(pl.col("targets").list.contains(pl.col("output")).cast(pl.Float64)).to_series()


def _token_edit_distance(batch: Batch, tokenization: str) -> pl.Series:
    return pl.Series(batch.nearest(tokenization).distance, dtype=pl.Float64)


def _token_edit_similarity(batch: Batch, tokenization: str) -> pl.Series:
    best = batch.nearest(tokenization)
    longer = np.maximum(np.maximum(best.output_length, best.target_length), 1)
    return pl.Series(1.0 - best.distance / longer, dtype=pl.Float64)


def _per_token_accuracy(batch: Batch, tokenization: str) -> pl.Series:
    best = batch.nearest(tokenization)
    right = np.maximum(best.target_length - best.distance, 0)
    share = np.divide(right, best.target_length, out=np.full(len(right), np.nan), where=best.target_length > 0)
    return pl.Series(share, dtype=pl.Float64).fill_nan(None)


def _target_length(batch: Batch, tokenization: str) -> pl.Series:
    return pl.Series(batch.nearest(tokenization).target_length, dtype=pl.Float64)


def declare(tokenization: str, meaning: str, *, version: int = 1, default: bool = True) -> None:
    """Enter the metrics of one tokenisation: edit distance and similarity, token accuracy and target length."""
    metric(
        f"token_edit_distance_{tokenization}",
        label=f"Edit distance ({tokenization})",
        kind="smooth",
        unit="edits",
        low=0,
        high=None,
        higher_is_better=False,
        needs=TEXT,
        tokenization=tokenization,
        definition=f"fewest insertions, deletions and substitutions from output to nearest target; {meaning}",
        source=LEVENSHTEIN,
        version=version,
        default=default,
    )(partial(_token_edit_distance, tokenization=tokenization))
    metric(
        f"token_edit_similarity_{tokenization}",
        label=f"Edit similarity ({tokenization})",
        kind="smooth",
        unit="share",
        low=0,
        high=1,
        needs=TEXT,
        tokenization=tokenization,
        definition=f"1 - edits / tokens of the longer of output and target; {meaning}",
        source=LEVENSHTEIN,
        version=version,
        default=default,
    )(partial(_token_edit_similarity, tokenization=tokenization))
    metric(
        f"per_token_accuracy_{tokenization}",
        label=f"Token accuracy ({tokenization})",
        kind="smooth",
        unit="share",
        low=0,
        high=1,
        needs=TEXT,
        tokenization=tokenization,
        definition=f"target tokens right after alignment, max(0, L - edits) / L; NULL for an empty target; {meaning}",
        source=LEVENSHTEIN,
        version=version,
        default=default,
    )(partial(_per_token_accuracy, tokenization=tokenization))
    metric(
        f"target_length_{tokenization}",
        label=f"Target length ({tokenization})",
        kind="count",
        unit="tokens",
        low=0,
        high=None,
        needs=TEXT,
        tokenization=tokenization,
        definition=f"tokens of the nearest target, L; {meaning}",
        source="count",
        version=version,
        default=default,
    )(partial(_target_length, tokenization=tokenization))


for _tokenization, _meaning in TOKENIZATIONS.items():
    declare(_tokenization, _meaning)
