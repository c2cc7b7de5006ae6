"""What decides how a file is read, as one hash: a known file is read again where it changes."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from flows.sources.registry import SourceSettings

READING = 2
"""Raised when the pull stores more of every file than before; 2: the scores that logs state of themselves."""


def settings_hash(settings: SourceSettings, version: int, defaults: Mapping[str, Mapping[str, object]]) -> str:
    """Hash of what decides how a file is read: its settings, the version of its reader, the defaults of tasks."""
    text = json.dumps([settings.settings_text(), version, READING, defaults], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
