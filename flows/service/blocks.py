"""Secrets that a run takes from Secret blocks of its Prefect server.

Import this module after ``flows.prefect_settings.set_defaults``.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, cast

from flows.secrets import told_apart
from metrics.errors import MirageError


class MissingBlockError(MirageError):
    """A study takes a secret from a block that the server does not have, or that holds no text.

    Attributes:
        block: Its name.
    """

    def __init__(self, block: str, why: str) -> None:
        self.block = block
        super().__init__(
            f"the Secret block {block!r} {why}; save one of that name on the Prefect server (Blocks, Secret), or set "
            "the environment variable that is to hold it"
        )


@contextmanager
def filled_from_blocks(wanted: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables from Secret blocks while the block of code runs; those that are set already stay.

    Args:
        wanted: Name of the Secret block by environment variable.

    Raises:
        MissingBlockError: The server has no such block, or it holds no text.
    """
    names = [name for name in wanted if name not in os.environ]
    values = {name: _value(wanted[name]) for name in names}
    with told_apart(names):
        os.environ.update(values)
        try:
            yield
        finally:
            for name in names:
                os.environ.pop(name, None)


def _value(block: str) -> str:
    from prefect.blocks.system import Secret

    try:
        value = cast("Secret[Any]", Secret.load(block)).get()
    except ValueError:
        raise MissingBlockError(block, "does not exist") from None
    if not isinstance(value, str):
        raise MissingBlockError(block, f"holds {type(value).__name__}, not a text")
    return value
