-- Samples of some runs. Parameters: run_ids, path.
COPY (
    SELECT s.* FROM sample AS s WHERE s.run_id IN (SELECT unnest($run_ids::VARCHAR[]))
) TO $path (FORMAT parquet, COMPRESSION lz4);
