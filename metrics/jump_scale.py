"""Jumps of a level in [0,1] as jumps of its logit, around a fixed middle."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from metrics.arrays import Bools, Floats, Ints

_LEAST_LEVEL = 0.02
"""Nearer to 0 and 1 a logit moves by much while its level moves by little: from there on the map is straight."""


@dataclass(frozen=True)
class JumpScale:
    """Maps the jump of a level to logit(middle + jump / 2) - logit(middle - jump / 2), and back.

    Attributes:
        middle: Level in the middle of the jump, one a row (..., 1).
        of_levels: Components of each row that are jumps of the level (..., C), the others being jumps of the logit;
            (..., 1): all of them.
    """

    middle: Floats
    of_levels: Bools

    @classmethod
    def around(cls, middle: Floats) -> JumpScale:
        """The map around middles (...,) for components that are all jumps of the level."""
        return cls(middle[..., None], np.ones((*middle.shape, 1), dtype=np.bool_))

    @property
    def is_shared(self) -> bool:
        """True if all components of a row are jumps of the level."""
        return bool(self.of_levels.shape[-1] == 1)

    def select(self, place: Ints) -> JumpScale:
        """The map of some components; `place` as for `numpy.take_along_axis` over the last axis."""
        return JumpScale(self.middle, np.take_along_axis(self.of_levels, place, -1))

    def to_logit(self, jump: Floats) -> Floats:
        """Components (..., C) as jumps of the logit."""
        inside = np.clip(jump, -self._edge, self._edge)
        high, low = self._around + 0.5 * inside, self._around - 0.5 * inside
        exact = np.log(high * (1 - low) / (low * (1 - high))) + (jump - inside) * self._slope
        return np.where(self.of_levels, exact, jump)

    def to_level(self, value: Floats) -> Floats:
        """The inverse: one jump of the logit a row (..., 1) on the scale of each component."""
        inside = np.minimum(np.maximum(value, -self._most), self._most)
        half = np.tanh(0.5 * inside)
        # the root of a quadratic in the jump, written so that it holds at 0 as well
        spread = half * self._spread
        jump = spread / (1 + np.sqrt(np.maximum(1 - half * spread, 0)))
        return np.where(self.of_levels, jump + (value - inside) / self._slope, value)

    @cached_property
    def _around(self) -> Floats:
        return np.clip(self.middle, _LEAST_LEVEL, 1 - _LEAST_LEVEL)

    @cached_property
    def _spread(self) -> Floats:
        return np.asarray(4 * self._around * (1 - self._around))

    @cached_property
    def _edge(self) -> Floats:
        """Largest jump with both levels away from 0 and 1."""
        return np.asarray(2 * (np.minimum(self._around, 1 - self._around) - _LEAST_LEVEL))

    @cached_property
    def _most(self) -> Floats:
        """The same in logit."""
        high, low = self._around + 0.5 * self._edge, self._around - 0.5 * self._edge
        return np.asarray(np.log(high * (1 - low) / (low * (1 - high))))

    @cached_property
    def _slope(self) -> Floats:
        """Logit a level beyond that jump."""
        high, low = self._around + 0.5 * self._edge, self._around - 0.5 * self._edge
        return np.asarray(0.5 / (high * (1 - high)) + 0.5 / (low * (1 - low)))
