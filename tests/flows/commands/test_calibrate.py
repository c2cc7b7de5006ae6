from __future__ import annotations

import json
from pathlib import Path

import polars as pl
import pytest

from tests.flows.commands.conftest import Mirage


def test_a_smoke_size_writes_the_table_and_goes_on_where_it_was(tmp_path: Path, mirage: Mirage) -> None:
    arguments = ("calibrate", "--smoke", "--out", tmp_path, "--workers", 1)
    done = mirage(*arguments)
    assert done.exit_code == 0, done.output
    text = (tmp_path / "operating-characteristics.md").read_text(encoding="utf-8")
    assert "### Bars" in text
    assert text.strip() in done.stdout
    counted = pl.read_csv(tmp_path / "operating-characteristics.csv")
    assert counted["smooth"].to_list() == [24] * 6
    assert counted["route"].unique().sort().to_list() == ["outputs", "three at some"]
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "rows").iterdir()}
    assert len(before) == 6
    found = json.loads(mirage(*arguments, "--json").stdout)
    assert found["ladders"] == 144
    assert {bar["name"] for bar in found["bars"]} >= {"False breaks, all smooth ladders (default prior)"}
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "rows").iterdir()} == before


@pytest.mark.parametrize("other", ["--full", "--families=2"])
def test_a_smoke_size_takes_no_other_size(tmp_path: Path, mirage: Mirage, other: str) -> None:
    done = mirage("calibrate", "--smoke", other, "--out", tmp_path)
    assert done.exit_code == 1
    assert "--smoke has a size of its own" in done.output


def test_one_cell_can_be_measured_alone(tmp_path: Path, mirage: Mirage) -> None:
    arguments = ("calibrate", "--families", 1, "--workers", 1, "--out", tmp_path)
    done = mirage(*arguments, "--cell", "s6-r1-sd0.08-*")
    assert done.exit_code == 0, done.output
    counted = pl.read_csv(tmp_path / "operating-characteristics.csv")
    assert counted.select("n_scales", "n_runs", "run_sd", "peak").unique().rows() == [(6, 1, 0.08, 1.0)]
    refused = mirage(*arguments, "--cell", "s7-*")
    assert refused.exit_code == 1
    assert "no cell fits --cell 's7-*'; there are " in refused.output.replace("\n", " ")
