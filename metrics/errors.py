"""The base of every error that is meant for a user."""

from __future__ import annotations


class MirageError(Exception):
    """Something a user can mend; the message names the thing, the value got, what is allowed and the next step."""
