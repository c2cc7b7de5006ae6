-- Runs stored under another file, with that file. Parameters: run_ids, uri.
SELECT run_id, uri FROM run WHERE uri <> $uri AND run_id IN (SELECT unnest($run_ids::VARCHAR[])) ORDER BY run_id;
