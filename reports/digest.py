"""What makes pages besides data, as one hash; known without the drawing libraries, which are slow to import."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from functools import cache
from importlib import resources
from importlib.metadata import version
from importlib.resources.abc import Traversable


@cache
def digest() -> str:
    """Hash of all that makes pages besides data: this package's files and the drawing libraries' versions.

    Known without making the assets, which takes seconds, so a build with nothing to do is quick.
    """
    found = hashlib.sha256(f"{version('altair')} {version('vl-convert-python')}".encode())
    for name, content in sorted(_files(resources.files("reports"))):
        found.update(f"{name}\x00{len(content)}\x00".encode())
        found.update(content)
    return found.hexdigest()


def _files(folder: Traversable, prefix: str = "") -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        if entry.is_dir() and entry.name != "__pycache__":
            yield from _files(entry, f"{prefix}{entry.name}/")
        elif entry.is_file():
            yield prefix + entry.name, entry.read_bytes()
