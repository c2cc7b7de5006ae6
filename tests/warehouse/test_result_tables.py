from __future__ import annotations

import duckdb
import polars as pl

from metrics.registry import catalogue
from metrics.tables import TABLES
from warehouse import load, query
from warehouse.keys import LADDER_TABLES

TYPES = {
    pl.String(): {"VARCHAR", "JSON"},
    pl.Float64(): {"DOUBLE"},
    pl.Int32(): {"INTEGER"},
    pl.Int64(): {"BIGINT"},
    pl.Boolean(): {"BOOLEAN"},
    pl.Datetime("us"): {"TIMESTAMP"},
}


def test_the_analysis_and_the_schema_have_the_same_columns(unwritten: duckdb.DuckDBPyConnection) -> None:
    assert set(TABLES) == set(LADDER_TABLES)
    for table, schema in TABLES.items():
        stored = query.columns(unwritten, table)
        assert stored["column"].to_list() == list(schema), table
        for name, kind in stored.select("column", "type").iter_rows():
            assert kind in TYPES[schema[name]], (table, name)


def test_the_catalogue_of_metrics_fits(empty: duckdb.DuckDBPyConnection) -> None:
    load.replace_metrics(empty, catalogue())
    assert query.frame(empty, "metric").height == catalogue().height
