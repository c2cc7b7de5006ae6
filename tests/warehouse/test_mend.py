"""What is taken out of a harmed warehouse, so that the next run makes it again; and files with damaged blocks."""

from __future__ import annotations

import shutil
from contextlib import closing
from pathlib import Path

import duckdb
import pytest

from tests.warehouse import make
from warehouse.db import open_warehouse, publish, published_path
from warehouse.doctor import examine
from warehouse.errors import WarehouseDamagedError
from warehouse.mend import Mended, mend

RUN = "m0-seed0/add"
LADDERS = ("m/add",)
HARM = [
    ("INSERT INTO score FROM score WHERE item_id = 'i0' AND run_id = 'm0-seed0/add'", (RUN,), (), LADDERS),
    ("UPDATE score SET exact_match = 'nan' WHERE run_id = 'm0-seed0/add'", (RUN,), (), LADDERS),
    ("UPDATE score SET exact_match = 1.5 WHERE run_id = 'm0-seed0/add'", (RUN,), (), LADDERS),
    ("DELETE FROM score WHERE run_id = 'm0-seed0/add' AND item_id = 'i1'", (RUN,), (), LADDERS),
    ("INSERT INTO floor VALUES ('ghost', 'exact_match', 'shuffled', 0.1, 4, 0)", ("ghost",), (), ()),
    ("DELETE FROM verdict WHERE ladder_id = 'm/add'", (), (), LADDERS),
    ("DELETE FROM ladder WHERE ladder_id = 'm/add'", (), (), LADDERS),
    ("INSERT INTO jump FROM jump WHERE ladder_id = 'm/add'", (), (), LADDERS),
    ("UPDATE curve SET low = 'nan' WHERE ladder_id = 'm/add' AND scale_index = 0", (), (), LADDERS),
    ("DELETE FROM run WHERE run_id = 'm0-seed0/add'", (RUN,), ("outputs.parquet",), ("m/add", "m/spell")),
    (
        "UPDATE sample SET target_logprob = 'nan' WHERE run_id = 'm0-seed0/add'",
        (),
        ("outputs.parquet",),
        ("m/add", "m/spell"),
    ),
]


@pytest.mark.parametrize(("harm", "run_ids", "uris", "ladder_ids"), HARM)
def test_what_is_harmed_goes_and_nothing_else(
    filled: duckdb.DuckDBPyConnection,
    harm: str,
    run_ids: tuple[str, ...],
    uris: tuple[str, ...],
    ladder_ids: tuple[str, ...],
) -> None:
    filled.execute(harm)
    assert [problem.kind for problem in examine(filled) if problem.severity != "note"]
    n_samples = filled.execute("SELECT count(*) FROM sample SEMI JOIN run USING (run_id)").fetchall()
    assert mend(filled) == Mended(run_ids, uris, ladder_ids)
    # what is left goes when the files are read again
    left = {problem.kind for problem in examine(filled) if problem.severity == "error"}
    assert left <= {"run_without_file", "not_a_number"} if uris else left == set()
    assert filled.execute("SELECT count(*) FROM sample").fetchall() == n_samples


def test_a_sound_warehouse_is_left_alone(filled: duckdb.DuckDBPyConnection) -> None:
    assert mend(filled).is_empty
    assert [problem for problem in examine(filled) if problem.severity != "note"] == []


def _spoil(path: Path) -> None:
    """Other bytes in a block that holds scores."""
    with closing(duckdb.connect(str(path), read_only=True)) as con:
        [(block,)] = con.execute("SELECT max(block_id) FROM pragma_storage_info('score')").fetchall()
    with path.open("r+b") as stream:
        stream.seek(3 * 4096 + block * 262_144 + 64)
        stream.write(b"\xff" * 1_000)


def test_damaged_blocks_are_found_in_either_file(filled: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    path = tmp_path / "w.duckdb"
    snapshot = published_path(path)
    publish(filled, path, snapshot, make.NOW, "0.1.0")
    shutil.copyfile(snapshot, tmp_path / "spoilt.duckdb")
    _spoil(snapshot)
    [problem] = [problem for problem in examine(filled, snapshot, now=make.NOW) if problem.severity == "error"]
    assert (problem.kind, problem.remedy[:9]) == ("unreadable_snapshot", "delete it")
    _spoil(tmp_path / "spoilt.duckdb")
    with closing(duckdb.connect(str(tmp_path / "spoilt.duckdb"), read_only=True)) as con:
        found = examine(con, snapshot)
    assert {problem.kind for problem in found} == {"damaged_file", "unreadable_snapshot"}
    assert all("checksum" in problem.example for problem in found)


def test_a_file_that_was_cut_short_says_what_to_do(filled: duckdb.DuckDBPyConnection, tmp_path: Path) -> None:
    path = tmp_path / "w.duckdb"
    publish(filled, path, published_path(path), make.NOW, "0.1.0")
    cut = tmp_path / "cut.duckdb"
    shutil.copyfile(published_path(path), cut)
    with cut.open("r+b") as stream:
        stream.truncate(cut.stat().st_size // 3)
    with pytest.raises(WarehouseDamagedError, match=r"damaged.*copy .*cut\.published\.duckdb in its place"):
        open_warehouse(cut, read_only=True)
