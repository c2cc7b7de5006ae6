"""What goes into one unit of work, and rows on their way there and back."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import duckdb
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from flows import handing
from flows.handing import Limit, Piece, discard, grouped, hand_back, hand_out, read

PIECES = st.lists(st.builds(Piece, st.just("run"), st.integers(0, 9), st.integers(0, 99), st.sampled_from("ab")))


@given(PIECES, st.builds(Limit, st.integers(1, 20), st.integers(1, 200), st.none() | st.integers(1, 4)))
def test_groups_hold_every_piece_in_order_and_no_more_than_allowed(pieces: list[Piece[str]], limit: Limit) -> None:
    groups = grouped(pieces, limit)
    assert [piece for group in groups for piece in group] == pieces
    for group in groups:
        assert len(group) == 1 or limit.allows(group)
        assert len({piece.kind for piece in group}) == 1
    for group, following in pairwise(groups):
        assert group[0].kind != following[0].kind or not limit.allows([*group, following[0]])


def test_rows_are_the_same_in_memory_and_by_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    query = "-- What it says.\nSELECT i AS n, [i, NULL] AS list, 'é' || i AS text FROM range($n) AS t(i);\n"
    monkeypatch.setattr(handing, "sql", lambda name: query)
    with duckdb.connect() as con:
        frame = hand_out(con, "numbers", {"n": 5}, None)
        path = hand_out(con, "numbers", {"n": 5}, tmp_path / "made" / "00000.numbers.parquet")
    assert isinstance(frame, pl.DataFrame)
    assert isinstance(path, Path)
    assert_frame_equal(read(path), frame)
    assert_frame_equal(read(path, ["text", "n"]), read(frame, ["text", "n"]))
    result = hand_back(frame.head(2), path, "results")
    assert result == tmp_path / "made" / "00000.results.parquet"
    assert_frame_equal(read(result), frame.head(2))
    assert hand_back(frame, frame, "results") is frame
    discard(path, result, frame)
    assert list(path.parent.iterdir()) == []


def test_ten_thousand_small_runs_make_few_units_and_a_huge_one_many() -> None:
    small = [Piece(f"run {number}", 7, 700, None) for number in range(10_000)]
    groups = grouped(small, Limit(50_000, 64_000_000))
    assert [len(group) for group in groups] == [7142, 2858]
    assert Limit(50_000, 64_000_000).parts(small[0]) == 1
    assert Limit(50_000, 64_000_000).parts(Piece("huge", 10_000_000, 1, None)) == 200
    assert Limit(50_000, 64_000_000).parts(Piece("long", 3, 130_000_000, None)) == 3
