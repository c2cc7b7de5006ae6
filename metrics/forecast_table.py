"""Exact match as a function of token accuracy and clustering, tabulated once a ladder for many draws."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metrics.answer_maps import PooledMaps, beta_binomial_all_right, logit_normal_table, mean_power
from metrics.arrays import Floats
from metrics.special import expit

_LOGIT_BOUND, _LOGIT_STEP = 8.0, 0.25
_ANSWER_SD_STEP = 0.5
_MOST_LENGTHS = 24
_N_CORRELATIONS = 33
_LARGEST_CORRELATION = 0.98
_SMALLEST_CORRELATION = 0.001


@dataclass(frozen=True)
class AnswerTable:
    """Both maps on a grid; linear in between.

    Attributes:
        by_answer_sd: Logit-normal map (T, E) over answer-level spread and logit of token accuracy.
        by_correlation: Beta-binomial map (Q, E) over the root of the correlation and logit of token accuracy.
    """

    by_answer_sd: Floats
    by_correlation: Floats

    def from_answer_sd(self, token_logit: Floats, answer_sd: Floats) -> Floats:
        """Exact match (D, H) for token logits (D, H) and one spread a draw (D,), 0 to 8."""
        return _bilinear(self.by_answer_sd, answer_sd / _ANSWER_SD_STEP, token_logit)

    def from_correlation(self, token_logit: Floats, correlation: Floats) -> Floats:
        """Exact match (D, H) for token logits (D, H) and one correlation a draw (D,), 0.001 to 0.98."""
        return _bilinear(self.by_correlation, _root_position(correlation), token_logit)


def answer_table(maps: PooledMaps) -> AnswerTable:
    """Tabulate both maps for the target lengths of a ladder; more than 24 lengths are grouped."""
    length, share = _group_lengths(maps.length, maps.share)
    grid = expit(np.arange(-_LOGIT_BOUND, _LOGIT_BOUND + _LOGIT_STEP / 2, _LOGIT_STEP))
    return AnswerTable(_logit_normal(grid, length, share), _beta_binomial(grid, length, share))


def _group_lengths(length: Floats, share: Floats) -> tuple[Floats, Floats]:
    """Merge neighbouring lengths into groups of about equal share, each at its mean length."""
    if len(length) <= _MOST_LENGTHS:
        return length, share
    middle = np.cumsum(share) - share / 2
    group = np.minimum((middle * _MOST_LENGTHS).astype(np.int64), _MOST_LENGTHS - 1)
    total = np.bincount(group, share, minlength=_MOST_LENGTHS)
    mean = np.bincount(group, share * length, minlength=_MOST_LENGTHS)
    used = total > 0
    return np.asarray(mean[used] / total[used]), np.asarray(total[used])


def _logit_normal(grid: Floats, length: Floats, share: Floats) -> Floats:
    table = logit_normal_table()
    wanted = np.arange(0, table.answer_sd[-1] + _ANSWER_SD_STEP / 2, _ANSWER_SD_STEP)
    nodes = [int(np.argmin(np.abs(table.answer_sd - value))) for value in wanted]
    centres = np.stack([table.centres(grid, node) for node in nodes])
    token = expit(centres[..., None] + wanted[:, None, None] * table.node)
    return np.asarray(mean_power(token, length, share) @ table.weight)


def _beta_binomial(grid: Floats, length: Floats, share: Floats) -> Floats:
    root = np.linspace(np.sqrt(_SMALLEST_CORRELATION), np.sqrt(_LARGEST_CORRELATION), _N_CORRELATIONS)
    rows = [beta_binomial_all_right(grid, np.full(len(grid), r * r), length) @ share for r in root]
    return np.stack(rows)


def _root_position(correlation: Floats) -> Floats:
    """Position of correlations on the grid of their roots."""
    first, last = np.sqrt(_SMALLEST_CORRELATION), np.sqrt(_LARGEST_CORRELATION)
    return np.asarray((np.sqrt(correlation) - first) / (last - first) * (_N_CORRELATIONS - 1))


def _bilinear(table: Floats, row: Floats, token_logit: Floats) -> Floats:
    """Interpolate at fractional rows (D,) and token logits (D, H)."""
    below = np.clip(row.astype(np.int64), 0, len(table) - 2)
    along = (row - below)[:, None]
    column = (np.clip(token_logit, -_LOGIT_BOUND, _LOGIT_BOUND) + _LOGIT_BOUND) / _LOGIT_STEP
    left = np.clip(column.astype(np.int64), 0, table.shape[1] - 2)
    across = column - left
    below = below[:, None]
    lower = (1 - across) * table[below, left] + across * table[below, left + 1]
    upper = (1 - across) * table[below + 1, left] + across * table[below + 1, left + 1]
    return np.asarray((1 - along) * lower + along * upper)
