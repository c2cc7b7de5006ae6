"""The special functions used here, as SciPy has them.

SciPy imports ``scipy.special`` at the first use of it: that takes a quarter of a second of CPU, which a run that finds
nothing new, or a command that only looks, need not spend.
"""

from __future__ import annotations

from typing import Any

import scipy
from numpy.typing import ArrayLike


def expit(x: ArrayLike) -> Any:
    """The logistic function: the share that belongs to a logit."""
    return scipy.special.expit(x)


def logit(share: ArrayLike) -> Any:
    """The logit of a share; infinite at 0 and 1."""
    return scipy.special.logit(share)


def gammaln(x: ArrayLike) -> Any:
    """The logarithm of the absolute value of the gamma function."""
    return scipy.special.gammaln(x)


def betaincinv(a: ArrayLike, b: ArrayLike, p: ArrayLike) -> Any:
    """The value below which a beta variable with parameters ``a`` and ``b`` falls with probability ``p``."""
    return scipy.special.betaincinv(a, b, p)


def ndtr(z: ArrayLike) -> Any:
    """Probability that a standard normal variable falls below ``z``."""
    return scipy.special.ndtr(z)


def ndtri(p: ArrayLike) -> Any:
    """The value below which a standard normal variable falls with probability ``p``."""
    return scipy.special.ndtri(p)


def stdtrit(df: ArrayLike, p: ArrayLike) -> Any:
    """The value below which a Student variable with ``df`` degrees of freedom falls with probability ``p``."""
    return scipy.special.stdtrit(df, p)
