"""The points of a ladder that are compared: runs, or scales with their runs averaged."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metrics.arrays import Bools, Floats, Ints
from metrics.ladder_data import LadderData


@dataclass(frozen=True)
class Points:
    """The U points of a ladder between which changes are judged.

    Attributes:
        weights: Averages runs to points (U, R).
        member: Point of every run (R,).
        x: log10 of scale (U,).
        n_runs: Runs in every point (U,).
        scale_index: Rank of the point's scale among the distinct scales (U,).
    """

    weights: Floats
    member: Ints
    x: Floats
    n_runs: Ints
    scale_index: Ints

    @classmethod
    def runs(cls, data: LadderData) -> Points:
        """Every run is a point of its own, replicates included."""
        n_runs = len(data.x)
        index = np.arange(n_runs, dtype=np.int64)
        return cls(np.eye(n_runs), index, data.x, np.ones(n_runs, np.int64), data.scale_index)

    @classmethod
    def scales(cls, data: LadderData) -> Points:
        """Runs of one scale are averaged to a point."""
        member = data.scale_index
        n_runs = np.bincount(member)
        weights = np.eye(len(n_runs))[member].T / n_runs[:, None]
        return cls(weights, member, weights @ data.x, n_runs, np.arange(len(n_runs), dtype=np.int64))

    @property
    def count(self) -> int:
        """Number of points."""
        return len(self.x)

    @property
    def n_scales(self) -> int:
        """Number of distinct scales."""
        return int(self.scale_index[-1]) + 1

    @property
    def gaps(self) -> Ints:
        """Run below each gap between neighbouring points (U - 1,)."""
        return np.flatnonzero(np.diff(self.member)).astype(np.int64)

    @property
    def distinct(self) -> Bools:
        """True where a gap lies between two distinct scales (U - 1,)."""
        return np.diff(self.scale_index) > 0

    @property
    def admissible(self) -> Bools:
        """True where a gap has two or more distinct scales on either side (U - 1,)."""
        below = self.scale_index[:-1] + 1
        return self.distinct & (below >= 2) & (self.n_scales - below >= 2)

    def average(self, values: Floats) -> Floats:
        """Values of runs (R,) averaged to points (U,)."""
        return np.asarray(self.weights @ values)

    def covariance(self, covariance: Floats) -> Floats:
        """Covariance of runs (R, R) carried to points (U, U)."""
        return np.asarray(self.weights @ covariance @ self.weights.T)
