-- Files that a pattern names, or whose runs are all among those given. Parameters: kind, pattern, run_ids.
SELECT uri FROM source_file
WHERE ($kind = 'source' AND uri GLOB $pattern)
    OR (
        uri IN (SELECT uri FROM run WHERE run_id IN (SELECT unnest($run_ids::VARCHAR[])))
        AND uri NOT IN (SELECT uri FROM run WHERE run_id NOT IN (SELECT unnest($run_ids::VARCHAR[])))
    )
ORDER BY uri;
