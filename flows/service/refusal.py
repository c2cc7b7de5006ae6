"""What the machine refuses, in words that say what to do: room on the disk, memory, the right to write."""

from __future__ import annotations

import errno

import duckdb
import polars as pl

from flows.study import Study
from metrics.errors import MirageError

NO_ROOM = ("No space left on device", "Disk quota exceeded", "File too large")
READ_ONLY = ("Read-only file system",)
NO_MEMORY = ("Out of Memory", "could not allocate", "memory allocation", "std::bad_alloc")
STAYS = "what was committed stays; the same command goes on from there"


class MachineError(MirageError):
    """The machine refused something; mend it and give the same command again.

    Attributes:
        what: What it lacks: ``room``, ``memory`` or ``rights``.
    """

    def __init__(self, what: str, text: str) -> None:
        self.what = what
        super().__init__(text)


def machine_refusal(error: BaseException, study: Study) -> MachineError | None:
    """The refusal behind an error; None where it is another kind of error."""
    text, folder = str(error), study.warehouse_path.parent
    number = error.errno if isinstance(error, OSError) else None
    if number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG) or any(words in text for words in NO_ROOM):
        where = getattr(error, "filename", None) or folder
        return MachineError("room", f"the disk of {where} is full; free some space: {STAYS}")
    if number == errno.EROFS or any(words in text for words in READ_ONLY):
        return MachineError("rights", f"{folder} cannot be written any more (read-only file system): {STAYS}")
    lacks = isinstance(error, MemoryError | duckdb.OutOfMemoryException)
    if lacks or (isinstance(error, duckdb.Error | pl.exceptions.ComputeError) and any(w in text for w in NO_MEMORY)):
        return MachineError(
            "memory", f"there is not enough memory; free some, or set `workers = 1` in {study.path}: {STAYS}"
        )
    return None
