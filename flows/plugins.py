"""Leave to run the code of a study: metrics of a user's own are imported only where the user said so."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from metrics.errors import MirageError

if TYPE_CHECKING:
    from flows.study import Study

VARIABLE = "MIRAGE_ALLOW_PLUGINS"
"""Environment variable that holds the leave, so that processes started from this one have it too."""


class PluginsNotAllowedError(MirageError):
    """A study names metrics of a user's own, and their code may not run.

    Attributes:
        path: The study file.
        specs: Those metrics.
    """

    def __init__(self, path: Path, specs: tuple[str, ...]) -> None:
        files = ", ".join(sorted({f"{path.parent / spec.split(':')[0].replace('.', '/')}.py" for spec in specs}))
        super().__init__(
            f"{path.name} names metrics of its own ({', '.join(specs)}), which would run code from {files}; "
            f"read that code, then allow it with --allow-plugins (for a service: {VARIABLE}=1 in its environment)"
        )
        self.path = path
        self.specs = specs


def load_plugins(study: Study) -> None:
    """Import the metrics of a user's own that a study names.

    Raises:
        PluginsNotAllowedError: The study names some, and nobody allowed their code to run.
        PluginError: One cannot be loaded.
    """
    plugins = study.plugins
    if not plugins.specs:
        return
    if os.environ.get(VARIABLE) != "1":
        raise PluginsNotAllowedError(study.path, plugins.specs)
    plugins.load()
