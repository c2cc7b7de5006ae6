"""Logs behind URLs: fetched into a cache by the hash of their content, whole or not at all; asked for at each pull."""

from __future__ import annotations

import base64
import hashlib
import http.client
import json
import os
import shutil
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import unquote, urlsplit

from flows.object_store import SCHEMES as STORES
from flows.object_store import ObjectStore
from flows.secrets import REFERENCE, Address, MissingVariableError, address, without_secrets
from flows.unpack import stamp

TIMEOUT_SECONDS = 30.0
"""Longest time without a byte."""
BLOCK = 2**20
HTTP = ("http", "https")
CONDITIONS = {"etag": "If-None-Match", "modified": "If-Modified-Since"}


@dataclass(frozen=True)
class Known:
    """What was fetched from a URL before.

    Attributes:
        sha256: Hash of the content.
        etag: The server's mark of that content, where it gave one.
        modified: The time of last change, likewise.
    """

    sha256: str
    etag: str | None = None
    modified: str | None = None


@dataclass(frozen=True)
class Fetched:
    """What came of a URL.

    Attributes:
        url: The URL as it may be shown, without secrets.
        path: Its content, under its own name and beside others of the same folder; None where there is none.
        problem: Why the content is missing or may be outdated; None where it is whole and new.
    """

    url: str
    path: Path | None
    problem: str | None = None


class RemoteError(Exception):
    """A URL cannot be fetched; the text says why."""


def is_url(text: str) -> bool:
    """The text names something that is not on this machine's disks."""
    return "://" in REFERENCE.sub(lambda match: os.environ.get(match[1], ""), text)


def fetch(url: str, cache: Path) -> list[Fetched]:
    """The files that a URL or a pattern of URLs names; never raises for what the other side does.

    Args:
        url: ``http``, ``https``, or any protocol that fsspec knows and whose package is installed, with wildcards;
            ``${NAME}`` stands for an environment variable, and secrets are in nothing that is returned or kept.
        cache: Folder for contents by hash, and for names that lead to them.
    """
    try:
        asked = address(url)
    except MissingVariableError as error:
        return [Fetched(without_secrets(url), None, str(error))]
    if urlsplit(asked.real).scheme in HTTP:
        return [_fetched(asked, cache, _http)]
    try:
        names = list(_expanded(asked))
    except RemoteError as error:
        return [Fetched(asked.shown, None, asked.hide(str(error)))]
    return [_fetched(name, cache, _by_fsspec) for name in names]


def _fetched(asked: Address, cache: Path, download: Any) -> Fetched:
    url = asked.shown
    index = cache / "known" / f"{hashlib.sha256(url.encode()).hexdigest()[:24]}.json"
    known = _known(index, cache)
    temporary = cache / f".{index.stem}.{os.getpid()}.part"
    temporary.parent.mkdir(parents=True, exist_ok=True)
    try:
        new = download(asked.real, temporary, known)
    except RemoteError as error:
        why = asked.hide(str(error))
        if known is None:
            return Fetched(url, None, why)
        return Fetched(url, _named(url, known, cache), f"{why}; the content fetched before is used")
    finally:
        temporary.unlink(missing_ok=True)
    if new is None:
        assert known is not None
        return Fetched(url, _named(url, known, cache))
    index.parent.mkdir(exist_ok=True)
    part = index.with_suffix(".part")
    part.write_text(json.dumps(asdict(new)), encoding="utf-8")
    os.replace(part, index)
    return Fetched(url, _named(url, new, cache))


def _known(index: Path, cache: Path) -> Known | None:
    try:
        known = Known(**json.loads(index.read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return None
    return known if _content(known.sha256, cache).is_file() else None


def _content(sha256: str, cache: Path) -> Path:
    return cache / "content" / sha256


def _keep(temporary: Path, digest: str, cache: Path) -> None:
    path = _content(digest, cache)
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.exists():
        return
    stamp(temporary, digest)
    os.replace(temporary, path)


def _named(url: str, known: Known, cache: Path) -> Path:
    """A name like that of the URL for a content, since readers go by names and by what lies beside."""
    parts = urlsplit(url)
    names = [part for part in PurePosixPath(unquote(parts.path)).parts if part not in ("/", "..", ".")]
    path = cache.joinpath("named", f"{parts.scheme}-{parts.netloc.rpartition('@')[2].replace(':', '-')}", *names)
    path.parent.mkdir(parents=True, exist_ok=True)
    content = _content(known.sha256, cache)
    if not (path.exists() and path.samefile(content)):
        part = path.with_name(f".{path.name}.part")
        part.unlink(missing_ok=True)
        try:
            os.link(content, part)
        except OSError:
            shutil.copy2(content, part)
        os.replace(part, path)
    return path


def _http(url: str, temporary: Path, known: Known | None) -> Known | None:
    request = _request(url)
    for name, header in CONDITIONS.items():
        if known is not None and getattr(known, name):
            request.add_header(header, getattr(known, name))
    try:
        with urllib.request.urlopen(request, timeout=TIMEOUT_SECONDS) as response:
            expected = response.headers.get("Content-Length")
            digest, size = _save(response, temporary)
            if expected is not None and expected.isdigit() and size != int(expected):
                raise RemoteError(f"it was cut short after {size:,} of {int(expected):,} bytes")
            etag, modified = response.headers.get("ETag"), response.headers.get("Last-Modified")
    except urllib.error.HTTPError as error:
        if error.code == http.client.NOT_MODIFIED:
            return None
        raise RemoteError(f"the server answered {error.code} {error.reason}") from error
    except http.client.IncompleteRead as error:
        raise RemoteError(f"it was cut short: {error}") from error
    except TimeoutError as error:
        raise RemoteError(f"no byte came for {TIMEOUT_SECONDS:g} seconds") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise RemoteError(f"it cannot be fetched: {getattr(error, 'reason', None) or error}") from error
    _keep(temporary, digest, temporary.parent)
    return Known(digest, etag, modified)


def _request(url: str) -> urllib.request.Request:
    """A request that names user and password, if the URL does, to this server alone and not where it leads on."""
    parts = urlsplit(url)
    access, at, host = parts.netloc.rpartition("@")
    request = urllib.request.Request(parts._replace(netloc=host).geturl())
    if at:
        request.add_unredirected_header("Authorization", f"Basic {base64.b64encode(unquote(access).encode()).decode()}")
    return request


def _by_fsspec(url: str, temporary: Path, known: Known | None) -> Known | None:
    system, path = _system(url)
    try:
        mark = f"{system.ukey(path)}"
        if known is not None and known.etag == mark:
            return None
        with system.open(path, "rb") as stream:
            digest, _ = _save(stream, temporary)
    except Exception as error:
        # every file system raises errors of its own
        raise RemoteError(f"it cannot be fetched: {type(error).__name__}: {error}") from error
    _keep(temporary, digest, temporary.parent)
    return Known(digest, mark)


def _expanded(asked: Address) -> Iterator[Address]:
    """The URLs of a pattern; the URL itself where it is none."""
    system, path = _system(asked.real)
    # a process that stays, as one that serves does, would be told for ever what it was told first
    system.invalidate_cache()
    if not any(sign in path for sign in "*?["):
        yield asked
        return
    try:
        found = sorted(system.glob(path))
    except Exception as error:
        raise RemoteError(f"it cannot be listed: {type(error).__name__}: {error}") from error
    if not found:
        raise RemoteError("no file matches this pattern")
    for name in found:
        if not system.isdir(name):
            url = system.unstrip_protocol(name)
            yield Address(asked.hide(url), url, asked.filled_in)


def _system(url: str) -> tuple[Any, str]:
    # Only studies with such URLs are worth the import.
    from fsspec.core import url_to_fs

    try:
        system, path = url_to_fs(url)
    except ImportError as error:
        if urlsplit(url).scheme in STORES:
            return ObjectStore(), url
        raise RemoteError(f"its protocol needs a package that is not installed: {error}") from error
    except ValueError as error:
        raise RemoteError(f"its protocol is not known: {error}") from error
    return system, path


def _save(stream: Any, path: Path) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with path.open("wb") as file:
        while block := stream.read(BLOCK):
            digest.update(block)
            size += len(block)
            file.write(block)
    return digest.hexdigest(), size
