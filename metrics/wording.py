"""Numbers as they stand in sentences."""

from __future__ import annotations

import math

_SUFFIXES = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k"))


def scale_text(x: float) -> str:
    """The scale 10^x with three digits: 850, 41.2k, 1.5B, 2.1e+18."""
    value = 10.0**x
    if value >= 1e15 or value < 1e-3:
        return f"{value:.2e}"
    for unit, suffix in _SUFFIXES:
        if value >= 0.9995 * unit:
            return f"{value / unit:.3g}{suffix}"
    return f"{value:.3g}"


def share_text(value: float) -> str:
    """A share in [0,1] in percent: 0 %, 0.04 %, 3.1 %, 61 %, 99.96 %."""
    percent = 100 * value
    if percent <= 0 or percent >= 100:
        return f"{percent:.0f} %"
    digits = max(0, 1 - math.floor(math.log10(min(percent, 100 - percent))))
    return f"{percent:.{min(digits, 3)}f} %"


def points_text(value: float) -> str:
    """A change of a share, in percentage points."""
    return share_text(abs(value)).replace(" %", " percentage points")


def exact_text(most: int, n_items: int) -> str:
    """How many answers the best run got exactly right."""
    if most == 0:
        return f"none of {n_items} answers is exact in any run"
    return f"at most {most} of {n_items} answers are exact in any run"


def count_text(value: float) -> str:
    """A count with thousands separators, rounded up to three digits above a thousand."""
    whole = math.ceil(value)
    if whole >= 1000:
        unit = 10 ** (len(str(whole)) - 3)
        whole = math.ceil(whole / unit) * unit
    return f"{whole:,}"
