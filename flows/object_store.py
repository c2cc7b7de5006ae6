"""Logs in an S3 store where the package s3fs is not installed: httpfs, of the extra `scale`, reads them too."""

from __future__ import annotations

import io
import os
from contextlib import closing
from typing import Any, Final

import duckdb

from warehouse.lake.connect import give_credentials
from warehouse.lake.extensions import load_extension

SCHEMES: Final = ("s3", "s3a", "s3n", "gs", "gcs", "r2")
MOST_BYTES: Final = 2**30
"""Objects are read whole, so that larger ones are left to s3fs."""


class ObjectStore:
    """As much of a file system of fsspec as fetching asks; paths are whole URLs.

    Keys come from the environment, as those of a lake do.
    """

    def ukey(self, path: str) -> str:
        """A mark that changes with the object."""
        [(size, modified)] = _asked("SELECT size, last_modified FROM read_blob(?)", path)
        return f"{size} {modified}"

    def open(self, path: str, mode: str) -> io.BytesIO:
        """The content of an object.

        Raises:
            OSError: It is too large.
        """
        [(size,)] = _asked("SELECT size FROM read_blob(?)", path)
        if size > MOST_BYTES:
            raise OSError(
                f"it has {size:,} bytes; above {MOST_BYTES:,} install the package s3fs, which reads in pieces"
            )
        [(content,)] = _asked("SELECT content FROM read_blob(?)", path)
        return io.BytesIO(content)

    def glob(self, path: str) -> list[str]:
        """Objects that a pattern matches."""
        return [name for (name,) in _asked("SELECT file FROM glob(?)", path)]

    def isdir(self, path: str) -> bool:
        """A store has no folders."""
        return False

    def unstrip_protocol(self, path: str) -> str:
        """The URL of an object."""
        return path

    def invalidate_cache(self) -> None:
        """Nothing is kept."""


def _asked(query: str, path: str) -> list[tuple[Any, ...]]:
    """Rows about one URL.

    Raises:
        ExtensionError: The extension is not to be had.
        duckdb.Error: The store says no.
    """
    with closing(duckdb.connect()) as con:
        load_extension(con, "httpfs")
        give_credentials(con, os.environ)
        return con.execute(query, [path]).fetchall()
