"""Small sample frames for the tests of scores."""

from __future__ import annotations

import polars as pl

SCHEMA = {
    "run_id": pl.String,
    "item_id": pl.String,
    "repeat": pl.Int32,
    "output": pl.String,
    "targets": pl.List(pl.String),
    "target_logprobs": pl.List(pl.Float64),
    "target_is_argmax": pl.List(pl.Boolean),
}


def samples(*rows: tuple[str | None, list[str] | None], run_id: str = "run") -> pl.DataFrame:
    """One sample a (output, targets) pair, items numbered."""
    return pl.DataFrame(
        [
            {
                "run_id": run_id,
                "item_id": f"{index:05d}",
                "repeat": 0,
                "output": output,
                "targets": targets,
                "target_logprobs": None,
                "target_is_argmax": None,
            }
            for index, (output, targets) in enumerate(rows)
        ],
        schema=SCHEMA,
    )


def teacher_forced(logprobs: list[list[float] | None], flags: list[list[bool] | None] | None = None) -> pl.DataFrame:
    """One sample a list of target log-probabilities (and argmax flags)."""
    base = samples(*[("x", ["x"])] * len(logprobs))
    return base.with_columns(
        target_logprobs=pl.Series(logprobs, dtype=pl.List(pl.Float64)),
        target_is_argmax=pl.Series(flags or [None] * len(logprobs), dtype=pl.List(pl.Boolean)),
    )
