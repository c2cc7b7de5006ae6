"""Answers that are numbers: right within a tolerance, and how far off."""

from __future__ import annotations

import math
from functools import partial

import numpy as np
import polars as pl

from metrics.arrays import Floats
from metrics.batch import Batch
from metrics.normalize import number
from metrics.registry import metric

TEXT = ("output", "targets")
MOST_DIGITS = 15.0
_NOT_A_NUMBER = "an output that is no number counts as wrong; NULL where no target is a number"


def _values(batch: Batch) -> tuple[Floats, Floats]:
    """Output and target of each pair as numbers; NaN where a text is none."""
    values = batch.pairs.select(number(pl.col(name)).fill_null(math.nan) for name in ("output", "target"))
    return values["output"].to_numpy(), values["target"].to_numpy()


def _numeric_match(batch: Batch, absolute: float, relative: float) -> pl.Series:
    output, target = _values(batch)
    # a hair of room, since a tolerance such as 0.01 has no exact binary form
    room = (absolute + relative * np.abs(target)) * (1 + 1e-12)
    right = (np.abs(output - target) <= room).astype(np.float64)
    return batch.best(np.where(np.isnan(target), np.nan, right))


_TOLERANCES = {
    "numeric_match": (0.0, 0.0, "Numeric match", "equal as numbers"),
    "numeric_match_relative_1_percent": (0.0, 0.01, "Numeric match (within 1 %)", "within 1 % of a target"),
    "numeric_match_relative_10_percent": (0.0, 0.10, "Numeric match (within 10 %)", "within 10 % of a target"),
    "numeric_match_absolute_1": (1.0, 0.0, "Numeric match (within 1)", "within 1 of a target"),
    "numeric_match_absolute_10": (10.0, 0.0, "Numeric match (within 10)", "within 10 of a target"),
}
for _name, (_absolute, _relative, _label, _meaning) in _TOLERANCES.items():
    metric(
        _name,
        label=_label,
        kind="discontinuous",
        unit="share",
        low=0,
        high=1,
        needs=TEXT,
        definition=f"1 if the output as a whole is a number {_meaning}; {_NOT_A_NUMBER}",
        source="|output - target| <= absolute + relative |target|",
        default=False,
    )(partial(_numeric_match, absolute=_absolute, relative=_relative))


def _relative_error(batch: Batch) -> Floats:
    """(pairs,) |output - target| / |target|, by 1 for a target of 0; infinite for no number, NaN without a target."""
    output, target = _values(batch)
    scale = np.where(target == 0, 1.0, np.abs(target))
    error = np.where(np.isnan(output), math.inf, np.abs(output - target) / scale)
    return np.where(np.isnan(target), np.nan, error)


def _log10(error: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        return np.clip(np.log10(error), -MOST_DIGITS, MOST_DIGITS)


@metric(
    "digits_correct",
    label="Digits correct",
    kind="smooth",
    unit="digits",
    low=0,
    high=MOST_DIGITS,
    needs=TEXT,
    definition=f"-log10 of the relative error, between 0 and 15 (equal); {_NOT_A_NUMBER}",
    source="log relative error, McCullough 1998, The American Statistician 52(4)",
    default=False,
)
def digits_correct(batch: Batch) -> pl.Series:
    """Leading digits that are right, as a real number."""
    return batch.best(np.maximum(-_log10(_relative_error(batch)), 0.0))


@metric(
    "log10_relative_error",
    label="Relative error (log10)",
    kind="smooth",
    unit="log10",
    low=-MOST_DIGITS,
    high=MOST_DIGITS,
    higher_is_better=False,
    needs=TEXT,
    definition=f"log10 of |output - target| / |target|, between -15 (equal) and 15; {_NOT_A_NUMBER}",
    source="log relative error, McCullough 1998, with the sign turned; by 1 where the target is 0",
    default=False,
)
def log10_relative_error(batch: Batch) -> pl.Series:
    """0 is an error as large as the target."""
    return -batch.best(-_log10(_relative_error(batch)))
