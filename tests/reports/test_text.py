from __future__ import annotations

import duckdb

from reports.text import sql_string, visible
from tests.reports import study


def test_hidden_characters_are_spelt_out_and_sql_still_finds_the_row(published: duckdb.DuckDBPyConnection) -> None:
    assert visible("a\u202eb\x00\ud800 é\n") == "a<202E>b<0000><D800> é\n"
    hostile = study.ladder_id("<b>hostile</b>")
    assert "\u202e" not in sql_string(hostile)
    found = published.execute(f"SELECT count(*) FROM ladder WHERE ladder_id = {sql_string(hostile)}").fetchone()
    assert found == (1,)
