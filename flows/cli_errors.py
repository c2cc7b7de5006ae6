"""How a command ends: exit codes, errors in one panel, JSON on standard output."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import IntEnum
from typing import NoReturn

import typer

from metrics.errors import MirageError

DEBUG = "MIRAGE_DEBUG"
DAMAGED = "Corrupt database file"
"""How DuckDB begins to say that a block does not have its checksum."""


class Exit(IntEnum):
    """Exit codes."""

    OK = 0
    ERROR = 1
    USAGE = 2
    PARTIAL = 3
    LOCKED = 4
    INTERRUPTED = 130


EXIT_CODES = (
    "Exit codes: 0 done · 1 an error stopped it · 2 wrong usage · 3 done, but something was left out or failed "
    "(see the findings) · 4 another run holds the warehouse."
)


@contextmanager
def errors_shown(as_json: bool = False) -> Iterator[None]:
    """Turn what stops a command into one message and an exit code; with ``MIRAGE_DEBUG=1`` into a traceback."""
    from flows.lock import LockedError

    try:
        yield
    except (typer.Exit, typer.Abort):
        raise
    except LockedError as error:
        _fail("Another run holds the warehouse", error, Exit.LOCKED, as_json=as_json)
    except MirageError as error:
        from warehouse.lake.errors import LakeBusyError

        if isinstance(error, LakeBusyError):
            _fail("Another run holds the warehouse", error, Exit.LOCKED, as_json=as_json)
        _fail("Cannot go on", error, Exit.ERROR, as_json=as_json)
    except KeyboardInterrupt:
        typer.echo("Stopped. What was committed stays; the same command goes on from there.", err=True)
        raise typer.Exit(Exit.INTERRUPTED) from None
    except Exception as error:
        if DAMAGED in str(error):
            text = f"a file of the warehouse is damaged ({str(error).splitlines()[0]}); mirage doctor says what to do"
            _fail("Cannot go on", MirageError(text), Exit.ERROR, as_json=as_json)
        _fail("Unexpected error", error, Exit.ERROR, as_json=as_json)


def print_json(value: object) -> None:
    """One JSON document on standard output."""
    sys.stdout.write(json.dumps(value, default=str, ensure_ascii=False, allow_nan=False, indent=2) + "\n")


def _fail(title: str, error: Exception, code: Exit, *, as_json: bool) -> NoReturn:
    if os.environ.get(DEBUG) == "1":
        raise error
    expected = isinstance(error, MirageError)
    text = str(error) if expected else f"{type(error).__name__}: {error}\nSet {DEBUG}=1 to see where it happened."
    if as_json:
        print_json({"status": "error", "error": type(error).__name__, "message": str(error), "exit_code": int(code)})
    from flows.console import show_error, stderr_console

    show_error(stderr_console(), title, text)
    raise typer.Exit(code)
