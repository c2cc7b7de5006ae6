"""What takes seconds to make and is the same for all studies, kept between runs: the drawing library, the charts."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path

from reports.drawing import alt

CACHE = "MIRAGE_CACHE"
"""Environment variable that names the folder for things that can be made again."""


def cache_folder() -> Path:
    """Where things that can be made again are kept: ``MIRAGE_CACHE``, else the user's cache folder."""
    named = os.environ.get(CACHE)
    if named:
        return Path(named)
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "mirage"


def drawing_library() -> str:
    """Vega, Vega-Lite (of the version the charts are written in) and vega-embed as one script; nothing is fetched."""
    return kept(f"vega-for-altair-{version('altair')}-{version('vl-convert-python')}.js", _build)


def kept(name: str, make: Callable[[], str]) -> str:
    """The text of that name from the cache folder, else made now and kept.

    A kept copy is used only if it is whole; where none can be kept, the text is made each time.
    """
    path = cache_folder() / name
    found = _read(path)
    if found is None:
        found = make()
        _keep(path, found)
    return found


def _build() -> str:
    import vl_convert

    language = ".".join(alt.SCHEMA_VERSION.lstrip("v").split(".")[:2])
    built: str = vl_convert.javascript_bundle(vl_version=language)  # type: ignore[call-arg] # the stub forgets the default
    return built.replace("</script", "<\\/script")


def _read(path: Path) -> str | None:
    try:
        digest, _, script = path.read_text(encoding="utf-8").partition("\n")
    except (OSError, UnicodeDecodeError):
        return None
    return script if digest == _digest(script) else None


def _keep(path: Path, script: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(f"{_digest(script)}\n{script}")
        os.replace(name, path)
    except OSError:
        return


def _digest(script: str) -> str:
    return hashlib.sha256(script.encode()).hexdigest()
