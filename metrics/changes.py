"""Changes between points of a ladder: every pair, with moderated t bounds."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from metrics.arrays import Bools, Floats

_LEAST_VARIANCE = 1e-12


@dataclass(frozen=True)
class Contrasts:
    """Differences between every pair of U points.

    Attributes:
        difference: value[j] - value[i] (U, U).
        margin: Half-width of the one-sided bound of each difference (U, U).
        se: Standard error of each difference (U, U), 1 on the diagonal.
    """

    difference: Floats
    margin: Floats
    se: Floats

    @classmethod
    def of(cls, values: Floats, covariance: Floats, quantile: float) -> Contrasts:
        """Contrasts of values (U,) with covariance (U, U), bounded at `quantile` standard errors."""
        variance = np.diag(covariance)
        squared = variance[:, None] + variance - 2 * covariance
        se = np.sqrt(np.maximum(squared, _LEAST_VARIANCE))
        np.fill_diagonal(se, 1.0)
        return cls(values - values[:, None], quantile * se, se)

    @property
    def largest_rise(self) -> float:
        """Largest lower bound of a rise from a smaller to a larger point."""
        return float(self._upper(self.difference - self.margin).max())

    @property
    def largest_fall(self) -> float:
        """Largest lower bound of a fall from a smaller to a larger point."""
        return float(self._upper(-self.difference - self.margin).max())

    def falls(self, threshold: float, single: Bools | None = None) -> bool:
        """True if a fall beyond a threshold is shown.

        Args:
            threshold: What the lower bound of the fall must exceed.
            single: Points that rest on one run (U,): the fall must survive leaving out any one of them. None: no
                such condition.
        """
        if self.largest_fall <= threshold:
            return False
        bounds = np.where(np.triu(np.ones(self.difference.shape), 1) > 0, -self.difference - self.margin, -np.inf)
        for point in np.flatnonzero(single) if single is not None else ():
            without = np.delete(np.delete(bounds, point, 0), point, 1)
            if without.max() <= threshold:
                return False
        return True

    @property
    def steepest_fall(self) -> tuple[int, int]:
        """The pair of points with the largest lower bound of a fall."""
        falls = self._upper(-self.difference - self.margin)
        i, j = np.triu_indices(len(self.difference), 1)
        best = int(np.argmax(falls))
        return int(i[best]), int(j[best])

    def rise_after(self, point: int) -> float:
        """Largest lower bound of a rise that starts at a point; -1 at the last."""
        bounds = (self.difference - self.margin)[point, point + 1 :]
        return float(bounds.max()) if len(bounds) else -1.0

    def rise_before(self, point: int) -> float:
        """Largest lower bound of a rise that ends at a point; -1 at the first."""
        bounds = (self.difference - self.margin)[:point, point]
        return float(bounds.max()) if len(bounds) else -1.0

    def _upper(self, bounds: Floats) -> Floats:
        return np.asarray(bounds[np.triu_indices(len(bounds), 1)])
