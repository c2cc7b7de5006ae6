-- How a view, table or macro is made, as DuckDB says it. Parameter: name.
SELECT sql FROM duckdb_views() WHERE NOT internal AND view_name = $name
UNION ALL
SELECT sql FROM duckdb_tables() WHERE NOT internal AND table_name = $name
UNION ALL
SELECT macro_definition FROM duckdb_functions()
WHERE function_type = 'macro' AND NOT internal AND function_name = $name;
