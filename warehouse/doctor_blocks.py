"""Blocks of a file that no longer hold what was written: a disk or a copy has damaged them."""

from __future__ import annotations

from collections.abc import Iterator

import duckdb

from warehouse.resources import identifier


def damaged_tables(con: duckdb.DuckDBPyConnection) -> Iterator[tuple[str, str]]:
    """Tables that cannot be read whole, with DuckDB's reason; DuckDB compares each block with its checksum as it reads.

    Costs three seconds of CPU for ten million outputs under twelve metrics. The Parquet files of a lake hold no such
    checksums, and are not read.
    """
    [(kind,)] = con.execute("SELECT type FROM duckdb_databases() WHERE database_name = current_database()").fetchall()
    if kind != "duckdb":
        return
    tables = con.execute(
        "SELECT table_name FROM duckdb_tables() "
        "WHERE NOT internal AND NOT temporary AND schema_name = current_schema() ORDER BY table_name"
    ).fetchall()
    for (table,) in tables:
        try:
            con.execute(f"SELECT bit_xor(hash(*COLUMNS(*))) FROM {identifier(table)}").fetchall()
        except duckdb.Error as error:
            yield table, str(error).splitlines()[0]
