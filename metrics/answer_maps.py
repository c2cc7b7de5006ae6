"""Two maps from token accuracy and clustering of errors to exact match; they bracket what is plausible.

Both reproduce a run's token accuracy and the chance that two tokens of one answer are both right, and
differ in the shape of the clustering. Nothing in them is fitted to exact match, so agreement is evidence.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Protocol

import numpy as np

from metrics.arrays import Floats
from metrics.special import expit, gammaln

_NODES = 31
_MOST_CORRELATION = 0.995
_LEAST_CORRELATION = 1e-6
_LEAST_RISE = 1e-3


class AnswerMaps(Protocol):
    """Exact match of R runs as a function of how errors cluster in answers."""

    def from_answer_sd(self, answer_sd: Floats) -> Floats:
        """Exact match (R,) where every answer shifts all its token logits by N(0, answer_sd^2), (R,)."""
        ...

    def from_correlation(self, correlation: Floats) -> Floats:
        """Exact match (R,) under the second shape of clustering with this error correlation (R,)."""
        ...


@dataclass(frozen=True)
class LogitNormalTable:
    """Token accuracy and joint accuracy of two tokens, tabulated.

    Attributes:
        answer_sd: Grid of answer-level spreads, logit (T,).
        centre: Grid of token logits at the middle of the spread (E,).
        accuracy: E[logistic(centre + answer_sd Z)] (T, E).
        joint: E[logistic(centre + answer_sd Z)^2] (T, E).
        node: Gauss-Hermite nodes of Z (31,).
        weight: Their weights, summing to 1 (31,).
    """

    answer_sd: Floats
    centre: Floats
    accuracy: Floats
    joint: Floats
    node: Floats
    weight: Floats

    def centres(self, accuracy: Floats, index: int) -> Floats:
        """Middle logits that give token accuracies (...,) at one answer-level spread."""
        return np.asarray(np.interp(accuracy, self.accuracy[index], self.centre))


@cache
def logit_normal_table() -> LogitNormalTable:
    """The table of the logit-normal map, made once a process."""
    answer_sd = np.concatenate([np.arange(0, 3, 0.25), np.arange(3, 8.01, 0.5)])
    centre = np.linspace(-22, 22, 177)
    node, weight = np.polynomial.hermite_e.hermegauss(_NODES)
    weight = weight / weight.sum()
    accuracy = expit(centre[:, None] + answer_sd[:, None, None] * node)
    return LogitNormalTable(answer_sd, centre, accuracy @ weight, accuracy**2 @ weight, node, weight)


def answer_sd_of(accuracy: Floats, correlation: Floats) -> tuple[Floats, Floats]:
    """Answer-level spread that gives runs their error correlation.

    Args:
        accuracy: Token accuracy (R,).
        correlation: Correlation of errors within an answer (R,).

    Returns:
        The spread (R,) and its derivative by the correlation (R,), bounded to [0.5, 12].
    """
    table = logit_normal_table()
    variance = accuracy * (1 - accuracy)
    correlations = np.empty((len(table.answer_sd), len(accuracy)))
    for t in range(len(table.answer_sd)):
        joint = np.interp(table.centres(accuracy, t), table.centre, table.joint[t])
        correlations[t] = (joint - accuracy**2) / variance
    return invert_rising(np.maximum.accumulate(correlations, 0), table.answer_sd, correlation)


def invert_rising(table: Floats, parameter: Floats, target: Floats) -> tuple[Floats, Floats]:
    """Parameter at which each column of a rising table (T, R) meets its target (R,), and d parameter / d target."""
    found, slope = np.empty(len(target)), np.empty(len(target))
    for run, wanted in enumerate(target):
        column = table[:, run]
        found[run] = np.interp(wanted, column, parameter)
        above = min(max(int(np.searchsorted(column, wanted)), 1), len(parameter) - 1)
        rise = max(column[above] - column[above - 1], _LEAST_RISE)
        slope[run] = (parameter[above] - parameter[above - 1]) / rise
    return found, np.clip(slope, 0.5, 12)


@dataclass(frozen=True)
class PooledMaps:
    """Maps for tokens that are alike: one token accuracy a run, answers of several lengths.

    Attributes:
        accuracy: Token accuracy (R,).
        length: Distinct target lengths (M,).
        share: Share of the items with each length (M,).
    """

    accuracy: Floats
    length: Floats
    share: Floats

    @classmethod
    def of(cls, accuracy: Floats, lengths: Floats) -> PooledMaps:
        """Maps for token accuracies (R,) and the target lengths of the items (n,)."""
        length, count = np.unique(lengths, return_counts=True)
        return cls(accuracy, length, count / len(lengths))

    def independent(self) -> Floats:
        """Exact match (R,) if tokens were right independently: mean over answers of accuracy^length."""
        return mean_power(self.accuracy, self.length, self.share)

    def from_answer_sd(self, answer_sd: Floats) -> Floats:
        """Logit-normal map, linear between the spreads of the table."""
        table = logit_normal_table()
        spread = np.clip(answer_sd, 0, table.answer_sd[-1])
        above = np.minimum(np.searchsorted(table.answer_sd, spread), len(table.answer_sd) - 1)
        below = np.maximum(above - 1, 0)
        step = np.where(above == below, 1.0, table.answer_sd[above] - table.answer_sd[below])
        share = np.where(above == below, 0.0, (spread - table.answer_sd[below]) / step)
        return np.asarray((1 - share) * self._at_node(below) + share * self._at_node(above))

    def _at_node(self, index: Floats) -> Floats:
        """Exact match (R,) at one spread of the table a run."""
        table = logit_normal_table()
        centres = np.array([table.centres(a, t) for a, t in zip(self.accuracy, index, strict=True)])
        token = expit(centres[:, None] + table.answer_sd[index][:, None] * table.node)
        return np.asarray(mean_power(token, self.length, self.share) @ table.weight)

    def from_correlation(self, correlation: Floats) -> Floats:
        """Beta-binomial map: an answer's tokens share one beta-distributed accuracy."""
        rho = np.clip(correlation, _LEAST_CORRELATION, _MOST_CORRELATION)
        return beta_binomial_all_right(self.accuracy, rho, self.length) @ self.share


def mean_power(base: Floats, length: Floats, share: Floats) -> Floats:
    """Mean of base^length over lengths (M,), ascending, with shares (M,); any shape, by Horner's scheme."""
    total = np.full(base.shape, share[-1])
    for position in range(len(length) - 1, 0, -1):
        step = length[position] - length[position - 1]
        total = total * (base if step == 1 else base**step) + share[position - 1]
    return np.asarray(total * base ** length[0])


def beta_binomial_all_right(accuracy: Floats, correlation: Floats, length: Floats) -> Floats:
    """Chance (R, M) that all of `length` (M,) tokens are right, for accuracies and correlations (R,)."""
    total = ((1 - correlation) / correlation)[:, None]
    right = accuracy[:, None] * total
    return np.asarray(np.exp(gammaln(right + length) - gammaln(right) + gammaln(total) - gammaln(total + length)))
