"""Random damage to miniature logs: no reader ends in any other way than with rows, findings or a refusal."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flows.sources.registry import UnreadableFileError
from tests.flows.sources.fuzz import fuzz
from tests.flows.sources.reading import CASES, read
from tests.flows.sources.test_bad_input import spoiled
from tests.flows.sources.test_contract import ALL

PIECES = (b"null", b"{}", b"[]", b'""', b"-1", b"1e999", b"NaN", b'"\xc3"', b"true", b",", b"}", b"\n", b"\x00", b'"x"')
BY_FORMAT = {
    name: [p for p in ALL if p.relative_to(CASES).parts[0] == name]
    for name in sorted({p.relative_to(CASES).parts[0] for p in ALL})
}


def damage(data: bytes, cuts: list[tuple[float, float, bytes]]) -> bytes:
    """Some stretches replaced by small pieces of JSON."""
    for start, length, piece in cuts:
        begin = int(start * len(data))
        data = data[:begin] + piece + data[begin + int(length * 30) :]
    return data


CUTS = st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), st.sampled_from(PIECES)), min_size=1, max_size=4)


@pytest.mark.parametrize("format", BY_FORMAT)
@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True, database=None)
@given(data=st.data())
def test_damaged_logs(format: str, data: st.DataObject) -> None:
    path = data.draw(st.sampled_from(BY_FORMAT[format]))
    cuts = data.draw(CUTS)
    with tempfile.TemporaryDirectory() as folder:
        target = spoiled(path, Path(folder), lambda content: damage(content, cuts))
        try:
            read(target, format)
        except UnreadableFileError:
            return


@pytest.mark.parametrize("format", BY_FORMAT)
def test_damaged_values(format: str) -> None:
    outcomes = fuzz(1.0, seed=7, files=BY_FORMAT[format])
    assert outcomes.total() > 0


@pytest.mark.long
@pytest.mark.timeout(900)
def test_damaged_logs_for_ten_minutes() -> None:
    assert fuzz(600, seed=11, files=ALL).total() > 1_000
