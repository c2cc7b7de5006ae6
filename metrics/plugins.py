"""Metrics of a user's own, named in a study file as ``module:function``."""

from __future__ import annotations

import importlib
import re
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import metrics.catalogue  # noqa: F401 - fills the registry, so that a name already taken is refused
from metrics.contract import Clause, check_clauses
from metrics.registry import METRICS, Metric, MetricError
from metrics.tokenizers import use_tokenizer

_SPEC = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*")


class PluginError(MetricError):
    """A user's metric cannot be loaded.

    Attributes:
        spec: ``module:function`` as the study gives it.
    """

    def __init__(self, spec: str, message: str) -> None:
        super().__init__(f"metric {spec!r}: {message}")
        self.spec = spec


def is_plugin(name: str) -> bool:
    """Whether a name is that of a user's own metric: ``module:function``."""
    return ":" in name


@dataclass(frozen=True)
class Plugins:
    """What a study adds to the catalogue: metrics of a user's own, and tokenisations from files.

    Attributes:
        folder: Where the modules of the metrics lie.
        specs: Each metric as ``module:function``.
        tokenizers: Name and file of each tokenisation.
    """

    folder: Path
    specs: tuple[str, ...]
    tokenizers: tuple[tuple[str, Path], ...] = ()

    def load(self) -> None:
        """Enter all of it, where that was not done before; this runs the code of the metrics.

        Raises:
            PluginError: A metric cannot be loaded.
            TokenizerFileError: A tokenizer's file cannot be used.
        """
        for name, path in self.tokenizers:
            use_tokenizer(name, path)
        for spec in self.specs:
            if (self.folder, spec) not in _LOADED:
                _LOADED[self.folder, spec] = load_plugin(spec, self.folder)

    def name_of(self, spec: str) -> str:
        """Name of the metric behind a spec.

        Raises:
            PluginError: It is not loaded.
        """
        found = _LOADED.get((self.folder, spec))
        if found is None:
            raise PluginError(spec, "it is not loaded; allow the study's own code to run with --allow-plugins")
        return found.name


_LOADED: dict[tuple[Path, str], Metric] = {}


def load_plugin(spec: str, folder: Path | None = None) -> Metric:
    """Import a user's metric, which enters the catalogue; a spec loaded before gives the same metric.

    Args:
        spec: ``module:function``; the function is declared with ``@metric(...)`` of ``metrics.registry``.
        folder: Where the module lies, such as the study file's folder; None: anywhere Python finds it.

    Raises:
        PluginError: The spec is malformed, the module or function does not exist, the module fails on import, or the
            function is not declared as a metric.
    """
    if not _SPEC.fullmatch(spec):
        raise PluginError(spec, "write it as module:function, as in my_metrics:letters_found")
    module_name, function_name = spec.split(":")
    with _first_on_path(folder):
        try:
            module = importlib.import_module(module_name)
        except ModuleNotFoundError as error:
            where = f" in {folder}" if folder else ""
            raise PluginError(spec, f"there is no module {error.name!r}{where}") from error
        except Exception as error:  # a user's module may raise anything
            raise PluginError(spec, f"importing it raised {type(error).__name__}: {error}") from error
    _check_place(spec, module_name, folder)
    function = getattr(module, function_name, None)
    if function is None:
        raise PluginError(spec, f"module {module_name!r} has no {function_name!r}")
    declared = next((metric for metric in METRICS.values() if metric.function is function), None)
    if declared is None:
        raise PluginError(spec, "the function is not declared; put @metric(...) of metrics.registry above it")
    return declared


def check_plugin(spec: str, folder: Path | None = None) -> tuple[Metric, tuple[Clause, ...]]:
    """Load a user's metric and hold it to the contract.

    Returns:
        The metric, and every clause with what breaks it.

    Raises:
        PluginError: It cannot be loaded.
    """
    declared = load_plugin(spec, folder)
    return declared, check_clauses(declared)


def _check_place(spec: str, module_name: str, folder: Path | None) -> None:
    """A module of the same name that came from elsewhere must not stand in for the user's."""
    if folder is None:
        return
    parts = Path(*module_name.split("."))
    wanted = [folder / parts.with_suffix(".py"), folder / parts / "__init__.py"]
    file = getattr(sys.modules[module_name], "__file__", None)
    exists = [path for path in wanted if path.is_file()]
    if exists and (file is None or Path(file).resolve() not in {path.resolve() for path in exists}):
        raise PluginError(spec, f"another module {module_name!r} is loaded from {file}; rename {exists[0].name}")


@contextmanager
def _first_on_path(folder: Path | None) -> Iterator[None]:
    if folder is None:
        yield
        return
    place = str(folder.resolve())
    sys.path.insert(0, place)
    importlib.invalidate_caches()
    try:
        yield
    finally:
        sys.path.remove(place)
