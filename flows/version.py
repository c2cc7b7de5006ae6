"""The version of this program."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version


def program_version() -> str:
    """Version of the installed package; ``0+source`` where it runs from a source tree that is not installed."""
    try:
        return version("mirage-evals")
    except PackageNotFoundError:
        return "0+source"
