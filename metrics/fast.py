"""When the compiled loops of the ``[fast]`` extra take over from the array operations that need no compiler.

Both give the same tokens and distances. Loading the loops costs about two seconds of processor time (numba itself, and
their code from its cache), which they earn back after some millions of pairs.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import ModuleType
from typing import Literal

PAIRS_BEFORE = 2_000_000
"""Pairs of texts that this process tokenises before the loops are loaded."""

Route = Literal["when it pays", "always", "never"]


class _State:
    """What this process has done so far."""

    route: Route = "when it pays"
    n_pairs = 0


@cache
def is_installed() -> bool:
    """Whether the extra is there."""
    return importlib.util.find_spec("numba") is not None


def compiled(n_pairs: int) -> ModuleType | None:
    """The compiled loops, if they should tokenise and compare the next pairs; None: the other route should."""
    _State.n_pairs += n_pairs
    if _State.route == "never" or not is_installed():
        return None
    if _State.route == "when it pays" and _State.n_pairs < PAIRS_BEFORE:
        return None
    return importlib.import_module("metrics.compiled")


@contextmanager
def routed(route: Route) -> Iterator[None]:
    """Decide for the block: the loops always, never, or when it pays; without the extra it is always never."""
    before = _State.route
    _State.route = route
    try:
        yield
    finally:
        _State.route = before
