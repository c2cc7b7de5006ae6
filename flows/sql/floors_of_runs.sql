-- The floor of each metric of some runs that its curve is drawn over: what guessing gives. Parameters: run_ids, path.
COPY (
    SELECT run_id, metric, value FROM floor
    WHERE kind <> 'copied_input' AND run_id IN (SELECT unnest($run_ids::VARCHAR[])) ORDER BY run_id, metric
) TO $path (FORMAT parquet, COMPRESSION lz4);
