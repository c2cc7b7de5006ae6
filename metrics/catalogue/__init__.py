"""The metrics themselves, a theme a file. Importing this package fills the registry."""

from __future__ import annotations

# The order of the files is the order of the catalogue.
from metrics.catalogue import choice, likelihood, text

__all__ = ["choice", "likelihood", "text"]
