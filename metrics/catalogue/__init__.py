"""The metrics themselves, a theme a file. Importing this package fills the registry."""

from __future__ import annotations

# The order of the files is the order of the catalogue.
from metrics.catalogue import answers, choice, likelihood, numbers, overlap, steps, text

__all__ = ["answers", "choice", "likelihood", "numbers", "overlap", "steps", "text"]
