"""Rules of the whole tree: who may import whom, and what must never stand in it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGES = ("metrics", "warehouse", "reports", "flows")
MAY_IMPORT = {
    "metrics": {"metrics"},
    "warehouse": {"warehouse", "metrics"},
    "reports": {"reports", "warehouse", "metrics"},
    "flows": set(PACKAGES),
}
FORBIDDEN = {"metrics": {"duckdb", "prefect", "altair"}, "warehouse": {"prefect", "altair"}, "reports": {"prefect"}}


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module.split(".")[0]


@pytest.mark.parametrize("package", PACKAGES)
def test_imports_go_one_way(package: str) -> None:
    assert modules(package)
    for path in modules(package):
        names = set(imported(path))
        assert names & set(PACKAGES) <= MAY_IMPORT[package], path
        assert not names & FORBIDDEN.get(package, set()), path


def tracked_text() -> Iterator[tuple[Path, str]]:
    for suffix in ("*.py", "*.md", "*.toml", "*.sql", "*.lock", "*.yaml", "*.css", "*.js", "*.j2", "*.html"):
        for path in ROOT.rglob(suffix):
            if not {".venv", "out", ".lab", ".git", ".prefect", "build"} & set(path.relative_to(ROOT).parts):
                yield path, path.read_text(encoding="utf-8")


def test_no_registry_host_and_no_path_of_a_machine() -> None:
    hosts = re.compile(r"py" + r"pi\.org|python" + r"hosted\.org|npm" + r"js\.(org|com)|deb\.deb" + r"ian\.org")
    paths = re.compile(r"(^|[\s'\"(=:])/(work|farm|root|home)/[A-Za-z]", re.MULTILINE)
    for path, text in tracked_text():
        assert not hosts.search(text), path
        assert not paths.search(text), path
