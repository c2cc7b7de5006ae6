"""The metrics themselves, a theme a file. Importing this package fills the registry."""

from __future__ import annotations

# The order of the files is the order of the catalogue.
# isort: off
from metrics.catalogue import text
from metrics.catalogue import likelihood
from metrics.catalogue import choice
from metrics.catalogue import answers
from metrics.catalogue import numbers
from metrics.catalogue import overlap
from metrics.catalogue import steps
from metrics.catalogue import runs
from metrics.derived import declare_derived

# isort: on
declare_derived()

__all__ = ["answers", "choice", "likelihood", "numbers", "overlap", "runs", "steps", "text"]
