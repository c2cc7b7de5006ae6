"""A problem that the doctor found."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True)
class Problem:
    """Something that should not be.

    Attributes:
        kind: Short name of the check.
        severity: error (numbers may be wrong), warning (numbers are out of date) or note.
        table: Where it was found.
        count: How many rows, or (run, metric) pairs or ladders, are concerned.
        example: One of them.
        remedy: What to do.
    """

    kind: str
    severity: Severity
    table: str
    count: int
    example: str
    remedy: str
