-- Every table and view with its comment.
SELECT view_name AS name, 'view' AS kind, comment, column_count AS n_columns FROM duckdb_views() WHERE NOT internal
UNION ALL
SELECT table_name AS name, 'table' AS kind, comment, column_count AS n_columns FROM duckdb_tables() WHERE NOT internal
ORDER BY kind DESC, name;
