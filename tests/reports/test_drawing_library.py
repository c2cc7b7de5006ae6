"""The drawing library is built once, kept whole, and made again when the kept copy is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from reports import drawing_library as library

TEXT = "library\nsecond line"


@pytest.fixture
def builds(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """Counts builds, which take seconds, and stands in for them; the kept copy lies in a folder of the test's."""
    done: list[str] = []

    def build() -> str:
        done.append("built")
        return TEXT

    monkeypatch.setattr(library, "_build", build)
    monkeypatch.setenv(library.CACHE, str(tmp_path / "cache"))
    return done


def test_it_is_built_once(builds: list[str]) -> None:
    assert library.drawing_library() == library.drawing_library() == TEXT
    assert builds == ["built"]


def test_a_damaged_copy_is_made_again(builds: list[str]) -> None:
    whole = library.drawing_library()
    (kept,) = library.cache_folder().iterdir()
    kept.write_text(kept.read_text(encoding="utf-8")[:-3], encoding="utf-8")
    assert library.drawing_library() == whole
    kept.write_bytes(b"\xff\xfe")
    assert library.drawing_library() == whole
    assert builds == ["built"] * 3


def test_without_a_writable_cache_it_is_built_each_time(builds: list[str], tmp_path: Path) -> None:
    (tmp_path / "cache").write_text("a file where the folder should be", encoding="utf-8")
    assert library.drawing_library() == library.drawing_library()
    assert builds == ["built"] * 2
