"""Answers of several steps: which are right, where the first error is, whether all are."""

from __future__ import annotations

from functools import partial

import numpy as np
import polars as pl

from metrics.batch import Batch
from metrics.catalogue.answers import share_of_target
from metrics.registry import metric
from metrics.tokens import STEP_RULES

TEXT = ("output", "targets")
STEPWISE = "process-based scoring, Uesato et al. 2022, arXiv:2211.14275, with the target's steps as the reference"


def _step_accuracy(batch: Batch, rule: str) -> pl.Series:
    steps = batch.tokens(rule)
    return batch.best(share_of_target(steps.same_position, steps.target_length))


def _steps_before_error(batch: Batch, rule: str) -> pl.Series:
    steps = batch.tokens(rule)
    return batch.best(share_of_target(steps.common_prefix, steps.target_length))


def _first_wrong_step(batch: Batch, rule: str) -> pl.Series:
    steps = batch.tokens(rule)
    first = np.where(steps.target_length > 0, steps.common_prefix + 1.0, np.nan)
    return batch.best(first)


def _all_steps_correct(batch: Batch, rule: str) -> pl.Series:
    steps = batch.tokens(rule)
    right = (steps.common_prefix == steps.target_length) & (steps.output_length == steps.target_length)
    return batch.best(np.where(steps.target_length > 0, right.astype(np.float64), np.nan))


for _rule, _meaning in STEP_RULES.items():
    metric(
        f"step_accuracy_{_rule}",
        label=f"Step accuracy ({_rule})",
        kind="smooth",
        unit="share",
        low=0,
        high=1,
        needs=TEXT,
        tokenization=_rule,
        definition=f"target steps that the output has at the same place, by steps of the target; {_meaning}",
        source=STEPWISE,
        default=False,
    )(partial(_step_accuracy, rule=_rule))
    metric(
        f"steps_before_error_{_rule}",
        label=f"Steps before the first error ({_rule})",
        kind="smooth",
        unit="share",
        low=0,
        high=1,
        needs=TEXT,
        tokenization=_rule,
        definition=f"target steps right before the first wrong one, by steps of the target; {_meaning}",
        source=STEPWISE,
        default=False,
    )(partial(_steps_before_error, rule=_rule))
    metric(
        f"first_wrong_step_{_rule}",
        label=f"First wrong step ({_rule})",
        kind="count",
        unit="steps",
        low=1,
        high=None,
        needs=TEXT,
        tokenization=_rule,
        definition=f"number of the first wrong target step, from 1; one more than all where none is; {_meaning}",
        source="count",
        default=False,
    )(partial(_first_wrong_step, rule=_rule))
    metric(
        f"all_steps_correct_{_rule}",
        label=f"All steps correct ({_rule})",
        kind="discontinuous",
        unit="share",
        low=0,
        high=1,
        needs=TEXT,
        tokenization=_rule,
        definition=f"1 if the output has exactly the target's steps in their order; else 0; {_meaning}",
        source=STEPWISE,
        default=False,
    )(partial(_all_steps_correct, rule=_rule))
