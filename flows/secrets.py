"""Secrets: filled into URLs from the environment, and taken out of whatever is shown, logged or stored."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import unquote

from metrics.errors import MirageError

REFERENCE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
PASSWORD = re.compile(r"(\w+://[^\s/?#:@]*):([^\s/@]+)@")
TOKEN_AS_USER = re.compile(r"(https?://)[^\s/?#:@]+@", re.IGNORECASE)
_ARGUMENT = r"[?&;][\w.~-]*(?:token|secret|password|passwd|pwd|signature|sig|api_?key|access_?key|credential|auth)="
QUERY = re.compile(rf"({_ARGUMENT})[^&;#\s'\"]+", re.IGNORECASE)
QUERY_VALUE = re.compile(rf"{_ARGUMENT}([^&;#\s'\"]+)", re.IGNORECASE)
SECRET_NAME = re.compile(
    r"TOKEN(?!IZ)|SECRET|PASSWORD|PASSWD|API_?KEY|ACCESS_?KEY|PRIVATE_?KEY|CREDENTIAL|NOTIFY", re.IGNORECASE
)
SHORTEST = 6
"""Characters of a secret; what is shorter stands in too many harmless texts."""


class MissingVariableError(MirageError):
    """A URL names an environment variable that is not set.

    Attributes:
        name: The variable.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        super().__init__(f"the environment variable {name} is not set; set it where mirage runs")


@dataclass(frozen=True)
class Address:
    """A URL that may hold secrets.

    Attributes:
        shown: How it is named everywhere: ``${NAME}`` as it was written, passwords and tokens left out.
        real: The URL to ask, for no other use.
        filled_in: Environment variables that it names, with their values.
    """

    shown: str
    real: str
    filled_in: tuple[tuple[str, str], ...] = ()

    def hide(self, text: str) -> str:
        """A text that may repeat the real URL or parts of it, without its secrets."""
        for name, value in self.filled_in:
            if value:
                text = text.replace(value, f"${{{name}}}").replace(unquote(value), f"${{{name}}}")
        for secret in (*(pair[1] for pair in PASSWORD.findall(self.real)), *QUERY_VALUE.findall(self.real)):
            if len(secret) >= SHORTEST:
                text = text.replace(secret, "…").replace(unquote(secret), "…")
        return without_secrets(text)


def address(text: str) -> Address:
    """A URL of a study file with ``${NAME}`` filled in from the environment.

    Raises:
        MissingVariableError: One of the variables is not set.
    """
    values = {}
    for name in REFERENCE.findall(text):
        if name not in os.environ:
            raise MissingVariableError(name)
        values[name] = os.environ[name]
    real = REFERENCE.sub(lambda match: values[match[1]], text)
    return Address(without_secrets(text), real, tuple(values.items()))


def without_secrets(text: str) -> str:
    """The text without passwords and tokens of URLs and without the secrets that the environment holds."""
    if "://" in text:
        text = TOKEN_AS_USER.sub(r"\1…@", PASSWORD.sub(r"\1:…@", text))
    text = QUERY.sub(r"\1…", text)
    for name, value in _of_environment():
        if value in text:
            text = text.replace(value, f"[value of {name}]")
    return text


_told_apart: set[str] = set()


@contextmanager
def told_apart(names: Iterable[str]) -> Iterator[None]:
    """Take environment variables for secrets while the block runs, whatever they are called."""
    added = set(names) - _told_apart
    _told_apart.update(added)
    try:
        yield
    finally:
        _told_apart.difference_update(added)


@contextmanager
def secrets_kept() -> Iterator[None]:
    """Errors leave the block without secrets in their texts, those that caused them too."""
    try:
        yield
    except BaseException as error:
        seen: BaseException | None = error
        while seen is not None:
            _clean(seen)
            seen = seen.__cause__ or seen.__context__
        raise


def _clean(error: BaseException) -> None:
    if without_secrets(str(error)) == str(error):
        return
    error.args = tuple(without_secrets(part) if isinstance(part, str) else part for part in error.args)
    if isinstance(error, OSError):
        # Its text is made of these, not of its arguments.
        for name in ("strerror", "filename", "filename2"):
            if isinstance(part := getattr(error, name), str):
                setattr(error, name, without_secrets(part))


def _of_environment() -> Iterator[tuple[str, str]]:
    """Names and values of secrets: variables named like one, and passwords inside URLs of any variable."""
    for name, value in os.environ.items():
        if (name in _told_apart or SECRET_NAME.search(name)) and len(value) >= SHORTEST:
            yield name, value
        if "://" in value:
            for _, password in PASSWORD.findall(value):
                for form in {password, unquote(password)}:
                    if len(form) >= SHORTEST:
                        yield name, form
