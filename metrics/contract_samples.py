"""Made-up samples on which every metric must keep its contract."""

from __future__ import annotations

import random
from collections.abc import Sequence
from functools import cache

import polars as pl

from metrics.samples import SAMPLE_SCHEMA

_TEXTS = (
    "",
    " ",
    "12",
    "12 apples",
    "-3.5e2",
    "a=1; b=2;c=3",
    "A",
    "The answer is (B).",
    "é🙂e\u0301",
    "שלום",
    "你好\t1",
    "\n",
)


def _row(output: str, target: str, *, right: bool) -> dict[str, object]:
    n_tokens = max(len(target), 1)
    logprob = 0.0 if right else -900.0
    return {
        "prompt": "Q: 1+1=",
        "output": output,
        "extracted": output,
        "targets": [target],
        "choices": ["yes", "no"],
        "choice_logprobs": [0.0, -900.0] if right else [-900.0, 0.0],
        "choice_unconditional_logprobs": [-1.0, -1.0],
        "choice_n_tokens": [1, 1],
        "gold": 0,
        "target_logprobs": [logprob] * n_tokens,
        "target_is_argmax": [right] * n_tokens,
        "end_logprob": logprob,
        "target_logprob": logprob * n_tokens,
        "n_target_tokens": n_tokens,
        "n_target_bytes": max(len(target.encode()), 1),
        "is_greedy": right,
    }


def _frame(rows: list[dict[str, object]]) -> pl.DataFrame:
    keys = [{"run_id": "run", "item_id": f"{index:05d}", "repeat": 0} for index in range(len(rows))]
    return pl.DataFrame([key | row for key, row in zip(keys, rows, strict=True)], schema=SAMPLE_SCHEMA)


def perfect_samples(examples: Sequence[tuple[str, str]] = ()) -> pl.DataFrame:
    """Samples that a metric must give its best value: right and certain; outputs and targets by its own examples."""
    pairs = examples or tuple((text, text) for text in ("12", "7", "-350"))
    return _frame([_row(output, target, right=True) for output, target in pairs])


def worst_samples() -> pl.DataFrame:
    """Samples that no metric may like: nothing in common with the target, and certain of it."""
    wrong = (("", "12"), ("qqqqqqqqqq", "7"), ("zz; z", "-350"))
    return _frame([_row(output, target, right=False) for output, target in wrong])


@cache
def varied_samples(n: int = 60, seed: int = 0) -> pl.DataFrame:
    """Samples of every sort: empty, of several scripts, with one target or more, with one choice to five."""
    pick = random.Random(seed)
    rows = []
    for _ in range(n):
        target = pick.choice(_TEXTS)
        row = _row(pick.choice(_TEXTS), target, right=pick.random() < 0.5)
        n_choices = pick.randint(1, 5)
        row |= {
            "targets": [target] if pick.random() < 0.6 else [target, pick.choice(_TEXTS)],
            "choices": [pick.choice(_TEXTS) for _ in range(n_choices)],
            "choice_logprobs": [-10 * pick.random() for _ in range(n_choices)],
            "choice_unconditional_logprobs": [-10 * pick.random() for _ in range(n_choices)],
            "choice_n_tokens": [pick.randint(1, 4) for _ in range(n_choices)],
            "gold": pick.randrange(n_choices),
            "target_logprobs": [-3 * pick.random() for _ in range(pick.randint(1, 6))],
            "target_logprob": -9 * pick.random(),
        }
        rows.append(row)
    return _frame(rows)
