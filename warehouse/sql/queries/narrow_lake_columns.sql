-- Smallest and largest texts that the catalogue keeps of whole tables, from those of the files that are left. Parameter: schema.
UPDATE __ducklake_metadata_lake.ducklake_table_column_stats AS whole
SET min_value = left_over.smallest, max_value = left_over.largest
FROM (
    SELECT
        c.table_id, c.column_id,
        CASE WHEN count(*) = count(f.min_value) THEN min(f.min_value) END AS smallest,
        CASE WHEN count(*) = count(f.max_value) THEN max(f.max_value) END AS largest
    FROM __ducklake_metadata_lake.ducklake_column AS c
    JOIN __ducklake_metadata_lake.ducklake_table AS t USING (table_id)
    JOIN __ducklake_metadata_lake.ducklake_schema AS s USING (schema_id)
    LEFT JOIN __ducklake_metadata_lake.ducklake_file_column_stats AS f USING (table_id, column_id)
    WHERE s.schema_name = $schema AND c.column_type = 'varchar' AND c.end_snapshot IS NULL AND t.end_snapshot IS NULL
    GROUP BY c.table_id, c.column_id
) AS left_over
WHERE whole.table_id = left_over.table_id AND whole.column_id = left_over.column_id;
