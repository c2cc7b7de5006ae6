from __future__ import annotations

import duckdb
import pytest

from warehouse import query
from warehouse.definitions import views
from warehouse.errors import QueryError


def test_rows_come_in_order_of_the_key(filled: duckdb.DuckDBPyConnection) -> None:
    rows = query.frame(filled, "score_by_scale")
    key = list(views()["score_by_scale"].key)
    assert rows.equals(rows.sort(key))
    assert rows.height == 2 * 3 * 3


def test_columns_filter_by_value_list_and_null(filled: duckdb.DuckDBPyConnection) -> None:
    assert query.frame(filled, "score_by_scale", ladder_id="m/add", scale_index=2).height == 3
    assert query.frame(filled, "score_by_scale", ladder_id=["m/add", "m/none"], role=None).height == 3
    assert query.frame(filled, "score_by_scale", ladder_id="m/add' OR 'x'='x").is_empty()
    assert query.frame(filled, "score_by_scale", ladder_id=[]).is_empty()


def test_unknown_names_are_answered_with_those_there_are(filled: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(QueryError, match=r"'score_by_size' is neither .* score_by_scale"):
        query.frame(filled, "score_by_size")
    with pytest.raises(QueryError, match="no column ladder; its columns are ladder_id"):
        query.frame(filled, "score_by_scale", ladder="m/add")
    with pytest.raises(QueryError, match="no view or table 'nothing'"):
        query.columns(filled, "nothing")
