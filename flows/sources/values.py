"""Values of logs, taken for what they are or not at all: every function gives None where a value does not fit."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import Any

LARGEST_INT32 = 2**31 - 1
NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?inf(inity)?|nan", re.IGNORECASE | re.ASCII)


def text(value: object) -> str | None:
    """A text as it is; a number or boolean as Python writes it; anything nested: None."""
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int | float) else None


def number(value: object) -> float | None:
    """A number, or a text that is one; NaN is None, since it stands for nothing.

    Some logs write every number as text, so ``"-0.5"`` and -0.5 are the same here.
    """
    if isinstance(value, bool):
        return float(value)
    if isinstance(value, str) and not NUMBER.fullmatch(value.strip()):
        return None
    if not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except OverflowError:
        return None
    return None if math.isnan(found) else found


def whole(value: object) -> int | None:
    """A whole number of 32 bits, or a text that is one; booleans are none."""
    if isinstance(value, bool):
        return None
    found = number(value)
    if found is None or not math.isfinite(found) or found != math.floor(found) or abs(found) > LARGEST_INT32:
        return None
    return int(found)


def truth(value: object) -> bool | None:
    """A boolean, or the text of one; ``bool("False")`` is true in Python, so texts are compared."""
    if isinstance(value, bool):
        return value
    return {"true": True, "false": False}.get(value.strip().lower()) if isinstance(value, str) else None


def mapping(value: object) -> Mapping[str, Any]:
    """An object, or an empty one."""
    return value if isinstance(value, dict) else {}


def sequence(value: object) -> Sequence[Any]:
    """A list, or an empty one."""
    return value if isinstance(value, list) else []


def texts(value: object) -> list[str] | None:
    """One text as a list of one, or a list of texts; None where it is neither."""
    if isinstance(value, list):
        found = [text(part) for part in value]
        return [part for part in found if part is not None] if None not in found else None
    one = text(value)
    return None if one is None else [one]


def of_path(value: object, *names: str) -> Any:
    """The value under nested keys, or None."""
    for name in names:
        value = mapping(value).get(name)
    return value


def without_one_space(value: str) -> str:
    """A continuation without the one space that parts it from its prompt."""
    return value.removeprefix(" ")
