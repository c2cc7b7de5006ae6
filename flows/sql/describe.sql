-- Columns of a view or table with type and meaning. Parameter: name.
SELECT column_name AS "column", data_type AS type, comment AS meaning
FROM duckdb_columns() WHERE NOT internal AND table_name = $name ORDER BY column_index
