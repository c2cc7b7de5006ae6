"""Defaults for Prefect, set before it is imported; whatever a user has set stays."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

QUIET = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_TELEMETRY_ENABLE_RESOURCE_METRICS": "false",
    # The server of a run without one starts in a process of its own; 20 s, the default, is short for a busy machine.
    "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "180",
}
"""Set on every run: no telemetry."""

ALONE = {
    # An error is shown once, by the command line; Prefect would log it again with its traceback.
    "PREFECT_LOGGING_LEVEL": "CRITICAL",
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
}
"""Set where the run brings its own server, which nobody looks at."""


def set_defaults(work_path: Path) -> None:
    """Set what is not set.

    Args:
        work_path: Folder of the study for files of a run; Prefect keeps its own there, unless a user has a profile or
            a server.
    """
    set_quiet()
    if "PREFECT_API_URL" in os.environ or _has_profile():
        return
    make_private(work_path)
    home = Path(os.environ.setdefault("PREFECT_HOME", str(work_path / "prefect")))
    # Prefect makes one folder, not those above it, and without it waits for a server that cannot start.
    home.mkdir(parents=True, exist_ok=True)
    for name, value in ALONE.items():
        os.environ.setdefault(name, value)


def set_quiet() -> None:
    """Set what holds for every run, also those of a server that people look at."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)


def make_private(folder: Path) -> None:
    """Make a folder that nobody else on this machine can look into: logs are unpacked, fetched and staged there."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with suppress(PermissionError):
        # Made by somebody else, whose choice it is.
        folder.chmod(0o700)


def _has_profile() -> bool:
    """Whether the user has chosen settings, a server among them, with ``prefect profile`` or ``prefect config``."""
    home = Path(os.environ.get("PREFECT_HOME", "~/.prefect")).expanduser()
    return Path(os.environ.get("PREFECT_PROFILES_PATH", home / "profiles.toml")).exists()
