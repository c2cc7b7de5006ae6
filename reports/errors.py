"""What can go wrong while pages are made."""

from __future__ import annotations

from metrics.errors import MirageError


class ReportError(MirageError):
    """A page or a chart cannot be made; the message names it, the cause and the next step."""
