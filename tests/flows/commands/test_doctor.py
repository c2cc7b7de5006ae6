from __future__ import annotations

import json
import subprocess
import sys
from contextlib import closing

from tests.flows.commands.conftest import Mirage
from tests.flows.make import Workshop
from warehouse.db import open_warehouse, published_path

HOLD = """
import sys, duckdb
con = duckdb.connect(sys.argv[1])
print("held", flush=True)
sys.stdin.readline()
"""


def test_a_finished_study_is_sound(reported: Workshop, mirage: Mirage) -> None:
    done = mirage("doctor", reported.path)
    assert done.exit_code == 0, done.stdout
    assert f"{reported.study().warehouse_path}: snapshot 1, published 2" in done.stdout
    assert "Sound: no problem found." in done.stdout
    found = json.loads(mirage("doctor", reported.path, "--json").stdout)
    assert (found["generation"], found["problems"]) == (1, [])


def test_a_problem_has_its_remedy_and_an_exit_code(published: Workshop, mirage: Mirage) -> None:
    with closing(open_warehouse(published.study().warehouse_path)) as con:
        con.execute("UPDATE score SET exact_match = 1.5 WHERE item_id = 'i1'")
        con.execute("INSERT INTO item (task_id, item_id) VALUES ('add', 'stray')")
    done = mirage("doctor", published.path)
    assert done.exit_code == 3
    assert "error  out of bounds, table score: 8" in done.stdout
    assert "exact_match outside [0, 1]" in done.stdout
    assert "→ mirage doctor --mend, then mirage run, makes them anew" in done.stdout
    found = json.loads(mirage("doctor", published.path, "--json").stdout)
    assert [problem["kind"] for problem in found["problems"]] == ["out_of_bounds", "items_without_sample"]


def test_what_was_mended_is_made_again_by_the_next_run(published: Workshop, mirage: Mirage) -> None:
    before = published.rows("SELECT * FROM score ORDER BY ALL")
    with closing(open_warehouse(published.study().warehouse_path)) as con:
        con.execute("UPDATE score SET exact_match = 1.5 WHERE item_id = 'i1'")
        con.execute("INSERT INTO score FROM score WHERE item_id = 'i2'")
        con.execute("DELETE FROM sample WHERE item_id = 'i3'")
        con.execute("DELETE FROM verdict")
    assert mirage("doctor", published.path).exit_code == 3
    done = mirage("doctor", published.path, "--mend")
    assert done.exit_code == 0, done.output
    assert "file(s) to read" in done.stderr
    published.run()
    assert mirage("report", published.path).exit_code == 0
    found = mirage("doctor", published.path)
    assert found.exit_code == 0, found.stdout
    assert published.rows("SELECT * FROM score ORDER BY ALL") == before
    assert "Nothing to mend." in mirage("doctor", published.path, "--mend").stderr


def test_notes_alone_are_no_failure(published: Workshop, mirage: Mirage) -> None:
    with closing(open_warehouse(published.study().warehouse_path)) as con:
        con.execute("INSERT INTO item (task_id, item_id) VALUES ('add', 'stray')")
    done = mirage("doctor", published.path)
    assert done.exit_code == 0
    assert "note  items without sample, table item: 1" in done.stdout


def test_an_old_snapshot_is_a_problem_where_somebody_says_so(reported: Workshop, mirage: Mirage) -> None:
    assert mirage("doctor", reported.path, "--max-age", "1000").exit_code == 0
    done = mirage("doctor", reported.path, "--max-age", "0")
    assert done.exit_code == 3
    assert "old snapshot" in done.stdout


def test_while_a_run_holds_the_warehouse_the_snapshot_is_examined(published: Workshop, mirage: Mirage) -> None:
    path = published.study().warehouse_path
    with subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        done = mirage("doctor", published.path)
        published_path(path).unlink()
        without = mirage("doctor", published.path)
        holder.communicate("\n")
    assert done.exit_code == 0, done.stdout
    assert done.stdout.startswith(str(published_path(path)))
    assert without.exit_code == 1
    assert "another process has it open" in without.stderr


def test_before_the_first_run_there_is_nothing_to_examine(workshop: Workshop, mirage: Mirage) -> None:
    workshop.fill(["add"])
    done = mirage("doctor", workshop.path)
    assert done.exit_code == 1
    assert "mirage run" in done.stderr
