"""The frame that metrics score: what a run answered, and how likely it found the answers."""

from __future__ import annotations

import polars as pl

SAMPLE_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "run_id": pl.String,
    "item_id": pl.String,
    "repeat": pl.Int32,
    "prompt": pl.String,
    "output": pl.String,
    "extracted": pl.String,
    "targets": pl.List(pl.String),
    "choices": pl.List(pl.String),
    "choice_logprobs": pl.List(pl.Float64),
    "choice_unconditional_logprobs": pl.List(pl.Float64),
    "choice_n_tokens": pl.List(pl.Int32),
    "gold": pl.Int32,
    "target_logprobs": pl.List(pl.Float64),
    "target_is_argmax": pl.List(pl.Boolean),
    "end_logprob": pl.Float64,
    "target_logprob": pl.Float64,
    "n_target_tokens": pl.Int32,
    "n_target_bytes": pl.Int32,
    "is_greedy": pl.Boolean,
}
"""Columns that a metric may need; those of table ``sample``."""
