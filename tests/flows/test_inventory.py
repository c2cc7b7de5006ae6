from __future__ import annotations

import os
from pathlib import Path

import pytest

from flows.inventory import disappeared, take_inventory
from tests.flows.make import STUDY, Workshop, outputs


def with_sources(workshop: Workshop, *sources: str) -> None:
    blocks = "".join(f"[[sources]]\n{source}\n" for source in sources)
    workshop.write_study(STUDY.replace('[[sources]]\nuri = "*.parquet"\n', blocks))


def test_patterns_are_expanded_in_order_of_sources_and_names(workshop: Workshop) -> None:
    with_sources(workshop, 'uri = ["b*.csv", "deep/**/*.csv"]', 'uri = "a.csv"')
    for name in ("b2.csv", "b1.csv", "a.csv", "deep/x/c.csv"):
        path = workshop.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x", encoding="utf-8")
    inventory = take_inventory(workshop.study())
    assert [file.log.uri for file in inventory.files] == ["b1.csv", "b2.csv", "deep/x/c.csv", "a.csv"]
    assert inventory.findings == ()
    assert inventory.files[0].size_bytes == 1
    assert inventory.files[0].modified_ns == os.stat(workshop.folder / "b1.csv").st_mtime_ns


def test_a_file_outside_the_study_has_its_full_name(workshop: Workshop, tmp_path: Path) -> None:
    (tmp_path / "far.csv").write_text("x", encoding="utf-8")
    with_sources(workshop, 'uri = "../far.csv"')
    assert [file.log.uri for file in take_inventory(workshop.study()).files] == [str(tmp_path / "far.csv")]


def test_what_is_not_there_is_a_finding(workshop: Workshop) -> None:
    (workshop.folder / "folder").mkdir()
    uris = '["missing.csv", "none-*.csv", "folder", "az://bucket/a.csv"]'
    with_sources(workshop, f"uri = {uris}")
    inventory = take_inventory(workshop.study())
    assert inventory.files == ()
    assert [(finding.kind, finding.uri, finding.severity) for finding in inventory.findings] == [
        ("missing_file", "missing.csv", "error"),
        ("no_match", "none-*.csv", "error"),
        ("no_match", "folder", "error"),
        ("remote", "az://bucket/a.csv", "error"),
    ]
    assert ".jsonl" in inventory.findings[2].reason


def test_a_file_that_two_sources_name_is_read_as_the_first_says(workshop: Workshop) -> None:
    with_sources(workshop, 'uri = "a.parquet"\nn_shots = 1', 'uri = "*.parquet"\nn_shots = 2')
    workshop.write("a.parquet", outputs("add"))
    inventory = take_inventory(workshop.study())
    assert [file.settings.n_shots for file in inventory.files] == [1]
    assert [finding.kind for finding in inventory.findings] == ["named_twice"]


def test_files_of_before_that_the_study_no_longer_finds_are_named(workshop: Workshop) -> None:
    with_sources(workshop, 'uri = ["a.parquet", "missing.parquet"]')
    workshop.write("a.parquet", outputs("add"))
    inventory = take_inventory(workshop.study())
    found = disappeared(inventory, {"a.parquet", "missing.parquet", "old.parquet"})
    assert [(finding.uri, finding.severity) for finding in found] == [("old.parquet", "warning")]


@pytest.mark.parametrize("name", ["a.jsonl", "a.zip"])
def test_pipes_are_never_opened(workshop: Workshop, name: str) -> None:
    (workshop.folder / "logs").mkdir()
    os.mkfifo(workshop.folder / "logs" / name)
    with_sources(workshop, f'uri = ["logs", "logs/{name}"]')
    inventory = take_inventory(workshop.study())
    assert inventory.files == ()
    assert [finding.kind for finding in inventory.findings] == ["unusable_file", "unusable_file"]
    assert "a pipe" in inventory.findings[0].reason


@pytest.mark.parametrize("name", [b"\xff.parquet", b"\xff.zip"])
def test_names_that_are_not_utf8_are_told_and_cost_their_file_alone(workshop: Workshop, name: bytes) -> None:
    workshop.write_models()
    workshop.write_study(STUDY.replace('"*.parquet"', '"logs"'))
    (workshop.folder / "logs").mkdir()
    workshop.write("logs/add.parquet", outputs("add"))
    Path(os.fsdecode(os.fsencode(workshop.folder / "logs") + b"/" + name)).write_bytes(b"x")
    found = workshop.run(("pull",)).pulled
    assert found is not None
    assert (found.n_read, found.n_lost) == (1, 1)
    (finding,) = workshop.findings("unusable_file")
    assert finding["uri"] == f"logs/\\udcff{Path(os.fsdecode(name)).suffix}"
    assert "not UTF-8" in finding["reason"]
