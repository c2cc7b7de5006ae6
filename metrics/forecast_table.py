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
_FRACTION = 1e-9


@dataclass(frozen=True)
class AnswerTable:
    """Both maps on a grid, one above the other; linear in between.

    Attributes:
        exact_match: Over the clustering (T + Q rows) and the logit of token accuracy (E columns): T rows of the
            logit-normal map, by the spread of answers, then Q rows of the beta-binomial map, by the root of the
            correlation.
        n_spreads: Rows of the first map.
    """

    exact_match: Floats
    n_spreads: int

    def answer_sd_row(self, answer_sd: Floats) -> Floats:
        """Row, with its fraction, of a spread of answers, 0 to 8."""
        return np.minimum(answer_sd / _ANSWER_SD_STEP, self.n_spreads - 1 - _FRACTION)

    def correlation_row(self, correlation: Floats) -> Floats:
        """Row, with its fraction, of a correlation, 0.001 to 0.98."""
        first, last = np.sqrt(_SMALLEST_CORRELATION), np.sqrt(_LARGEST_CORRELATION)
        along = (np.sqrt(correlation) - first) / (last - first) * (_N_CORRELATIONS - 1)
        return np.asarray(self.n_spreads + np.clip(along, 0, _N_CORRELATIONS - 1 - _FRACTION))

    def at(self, row: Floats, token_logit: Floats) -> Floats:
        """Exact match for rows and token logits; any two shapes that go together."""
        below = row.astype(np.int64)
        along = row - below
        column = (np.clip(token_logit, -_LOGIT_BOUND, _LOGIT_BOUND - _FRACTION) + _LOGIT_BOUND) / _LOGIT_STEP
        left = column.astype(np.int64)
        across = column - left
        width = self.exact_match.shape[1]
        corner, cells = below * width + left, self.exact_match.ravel()
        lower = cells[corner]
        lower += across * (cells[corner + 1] - lower)
        corner += width
        upper = cells[corner]
        upper += across * (cells[corner + 1] - upper)
        return np.asarray(lower + along * (upper - lower))


def answer_table(maps: PooledMaps) -> AnswerTable:
    """Tabulate both maps for the target lengths of a ladder; more than 24 lengths are grouped."""
    length, share = _group_lengths(maps.length, maps.share)
    grid = expit(np.arange(-_LOGIT_BOUND, _LOGIT_BOUND + _LOGIT_STEP / 2, _LOGIT_STEP))
    by_spread = _logit_normal(grid, length, share)
    return AnswerTable(np.concatenate([by_spread, _beta_binomial(grid, length, share)]), len(by_spread))


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
    accuracy, correlation = np.tile(grid, len(root)), np.repeat(root**2, len(grid))
    rows = beta_binomial_all_right(accuracy, correlation, length) @ share
    return np.asarray(rows.reshape(len(root), len(grid)))
