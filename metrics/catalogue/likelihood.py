"""Metrics of the probabilities that a model gives to the target, teacher-forced."""

from __future__ import annotations

import math

import polars as pl

from metrics.batch import Batch
from metrics.registry import metric

LOGPROB = "target_logprob|target_logprobs"


@metric(
    "teacher_forced_accuracy",
    label="Token accuracy (teacher-forced)",
    kind="smooth",
    unit="share",
    low=0,
    high=1,
    needs=("target_is_argmax",),
    definition="share of target tokens that the model ranks first when it reads the target up to there",
    source="Schaeffer, Miranda and Koyejo 2023, arXiv:2304.15004, section 3",
)
def teacher_forced_accuracy(batch: Batch) -> pl.Series:
    """Mean of the argmax flags; NULL where there is no target token."""
    flags = pl.col("target_is_argmax").cast(pl.List(pl.Float64))
    return batch.samples.select(flags.list.mean()).to_series()


@metric(
    "target_log_likelihood",
    label="Log-likelihood",
    kind="smooth",
    unit="nats/token",
    low=None,
    high=0,
    needs=("target_logprobs",),
    definition="mean log-probability of the target's tokens, each given the ones before it",
    source="cross-entropy with the sign turned; Srivastava et al. 2022, arXiv:2206.04615, section 3.4",
)
def target_log_likelihood(batch: Batch) -> pl.Series:
    """Nats a target token; NULL where a log-probability is not finite or there is none."""
    length = batch.n_logprobs.cast(pl.Float64)
    return (batch.target_logprob / length).fill_nan(None)


@metric(
    "expected_exact_match",
    label="Expected exact match",
    kind="smooth",
    unit="share",
    low=0,
    high=1,
    needs=("target_logprobs",),
    definition="probability of writing exactly the target's tokens when sampling at temperature 1",
    source="exp of the summed target log-probabilities (chain rule of probability)",
)
def expected_exact_match(batch: Batch) -> pl.Series:
    """exp(sum of log-probabilities), clipped to 1 against rounding of the log."""
    empty = batch.n_logprobs == 0
    return (
        pl.DataFrame({"p": batch.target_logprob.exp(), "empty": empty})
        .select(pl.when(~pl.col("empty")).then(pl.col("p").clip(0.0, 1.0)))
        .to_series()
    )


@metric(
    "bits_per_byte",
    label="Bits per byte",
    kind="smooth",
    unit="bits/byte",
    low=0,
    high=None,
    higher_is_better=False,
    needs=(LOGPROB, "n_target_bytes|targets"),
    definition="bits to code the target, divided by its UTF-8 bytes: the same for every tokenizer",
    source="-log2 of the target's probability / bytes; Gao et al. 2020, arXiv:2101.00027, section 3.1",
)
def bits_per_byte(batch: Batch) -> pl.Series:
    """Bits a byte; bytes are the log's own count, else those of the only target; NULL without a byte."""
    samples = batch.samples
    counts: list[pl.Expr] = []
    if "n_target_bytes" in samples.columns:
        counts.append(pl.col("n_target_bytes").cast(pl.Float64))
    if "targets" in samples.columns:
        only = pl.when(pl.col("targets").list.len() == 1).then(pl.col("targets").list.first())
        counts.append(only.str.len_bytes().cast(pl.Float64))
    n_bytes = samples.select(n=pl.coalesce(counts))
    bits = n_bytes.with_columns(bits=batch.target_logprob / -math.log(2))
    # -0.0 + 0.0 is 0.0: a certain target costs no bits, not minus none
    return bits.select(pl.when(pl.col("n") > 0).then(pl.col("bits").clip(0.0) / pl.col("n") + 0.0)).to_series()


@metric(
    "is_greedy_match",
    label="Greedy match",
    kind="discontinuous",
    unit="share",
    low=0,
    high=1,
    needs=("is_greedy|target_is_argmax",),
    definition="1 if the model ranks every token of the target first when it reads the target up to there; else 0",
    source="`is_greedy` of lm-evaluation-harness; the accuracy of LAMBADA, Paperno et al. 2016, arXiv:1606.06031",
)
def is_greedy_match(batch: Batch) -> pl.Series:
    """The log's own flag, else whether all of the target's argmax flags are true; NULL where one is NULL."""
    columns = batch.samples.columns
    flags: list[pl.Expr] = []
    if "is_greedy" in columns:
        flags.append(pl.col("is_greedy"))
    if "target_is_argmax" in columns:
        tokens = pl.col("target_is_argmax").cast(pl.List(pl.Boolean))
        known = (tokens.list.len() > 0) & (tokens.list.drop_nulls().list.len() == tokens.list.len())
        flags.append(pl.when(known).then(tokens.list.all()))
    return batch.samples.select(pl.coalesce(flags).cast(pl.Float64)).to_series()
