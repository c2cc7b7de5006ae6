"""Checks on rows in their final types: what cannot be stored is left out, what cannot be true becomes NULL."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from flows.sources.finding_log import FindingLog

ROW_KEY = ("model_id", "task_id", "item_id", "repeat")
LOGPROBS = ("end_logprob", "target_logprob")
LOGPROB_LISTS = ("target_logprobs", "choice_logprobs", "choice_unconditional_logprobs")
LARGEST_LOGPROB = 1e-3
"""Log-probabilities are at most 0; rounding may leave a little more."""


def drop_rows_without_key(samples: pl.DataFrame, log: FindingLog) -> pl.DataFrame:
    """Leave out rows that do not say which model, task or item they belong to."""
    lacking = [name for name in ROW_KEY if name != "repeat" and samples[name].is_null().any()]
    for name in lacking:
        for line in samples.filter(pl.col(name).is_null())["line"]:
            log.quarantine("no_key", line, f"{name} is empty")
        samples = samples.filter(pl.col(name).is_not_null())
    return samples


def blank_impossible(samples: pl.DataFrame, log: FindingLog) -> pl.DataFrame:
    """Set to NULL what cannot be true, and say so: log-probabilities, lengths that disagree, a gold out of range."""
    for name in LOGPROBS:
        value = pl.col(name)
        wrong = value.is_nan() | value.is_infinite() | (value > LARGEST_LOGPROB)
        samples = _blank(samples, wrong, [name], "impossible_logprob", f"{name} is NaN, infinite or above 0", log)
    for name in LOGPROB_LISTS:
        element = pl.element()
        wrong = pl.col(name).list.eval(~element.is_finite() | (element > LARGEST_LOGPROB)).list.any()
        reason = f"{name} holds NaN, an infinite value or one above 0"
        samples = _blank(samples, wrong, [name], "impossible_logprob", reason, log)
    return _blank_lengths(samples, log)


def _blank_lengths(samples: pl.DataFrame, log: FindingLog) -> pl.DataFrame:
    length = {name: pl.col(name).list.len().cast(pl.Int64) for name in (*LOGPROB_LISTS, "target_is_argmax", "choices")}
    rules: tuple[tuple[pl.Expr, list[str], str], ...] = (
        (
            length["target_logprobs"] != length["target_is_argmax"],
            ["target_logprobs", "target_is_argmax"],
            "target_logprobs and target_is_argmax differ in length",
        ),
        (
            length["target_logprobs"] != pl.col("n_target_tokens").cast(pl.Int64),
            ["target_logprobs", "target_is_argmax"],
            "target_logprobs has another length than n_target_tokens says",
        ),
        (length["target_logprobs"] == 0, ["target_logprobs", "target_is_argmax"], "target_logprobs is an empty list"),
        (
            length["choice_logprobs"] != length["choices"],
            ["choice_logprobs", "choice_n_tokens"],
            "choice_logprobs and choices differ in length",
        ),
        (
            length["choice_unconditional_logprobs"] != length["choice_logprobs"],
            ["choice_unconditional_logprobs"],
            "choice_unconditional_logprobs and choice_logprobs differ in length",
        ),
        (
            pl.col("choice_n_tokens").list.len().cast(pl.Int64) != length["choices"],
            ["choice_n_tokens"],
            "choice_n_tokens and choices differ in length",
        ),
        (
            (pl.col("gold") < 0) | (pl.col("gold").cast(pl.Int64) >= length["choices"]),
            ["gold"],
            "gold is not the number of a choice, the first being 0",
        ),
    )
    for wrong, names, reason in rules:
        kind = "gold_out_of_range" if names == ["gold"] else "length_mismatch"
        samples = _blank(samples, wrong, names, kind, reason, log)
    return samples


def note_missing_targets(samples: pl.DataFrame, log: FindingLog) -> None:
    """Say how many rows with an output have nothing to compare it with."""
    without = samples.filter(
        pl.col("output").is_not_null()
        & (pl.col("targets").is_null() | (pl.col("targets").list.len() == 0))
        & pl.col("gold").is_null()
    )
    log.note("warning", "no_target", without["line"], "no target", "stored; metrics that need a target stay NULL")


def _blank(
    samples: pl.DataFrame, wrong: pl.Expr, names: Iterable[str], kind: str, reason: str, log: FindingLog
) -> pl.DataFrame:
    mask = samples.select(wrong.fill_null(value=False)).to_series()
    if not mask.any():
        return samples
    names = list(names)
    log.note("warning", kind, samples.filter(mask)["line"], reason, f"{' and '.join(names)} set to NULL")
    return samples.with_columns(pl.when(~mask).then(pl.col(name)).alias(name) for name in names)
