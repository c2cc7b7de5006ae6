"""Copy one file beside another and flush it to disk. Run as a program, never inside the warehouse's process.

POSIX file locks belong to the process: opening and closing the warehouse file once in the process that holds it
drops DuckDB's lock, and a second writer could walk in. A child process has locks of its own.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import sys

FICLONE = 0x40049409
CHUNK = 1 << 30


def copy(source: str, target: str) -> None:
    """Copy by reflink where the file system can, else inside the kernel, else by reading; then fsync."""
    with open(source, "rb") as reader, open(target, "xb") as writer:
        if not _reflink(reader.fileno(), writer.fileno()):
            _copy_range(reader.fileno(), writer.fileno())
            shutil.copyfileobj(reader, writer, length=1 << 22)
        writer.flush()
        os.fsync(writer.fileno())


def _reflink(source: int, target: int) -> bool:
    try:
        fcntl.ioctl(target, FICLONE, source)
    except OSError:
        return False
    return True


def _copy_range(source: int, target: int) -> None:
    """Moves both offsets as far as the kernel can copy; what is left is read and written."""
    if not hasattr(os, "copy_file_range"):
        return
    with contextlib.suppress(OSError):
        while os.copy_file_range(source, target, CHUNK):
            pass


if __name__ == "__main__":
    copy(sys.argv[1], sys.argv[2])
