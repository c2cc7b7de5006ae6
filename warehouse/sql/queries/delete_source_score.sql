-- Scores stated by the files that hold these runs. Parameter: run_ids.
DELETE FROM source_score WHERE (run_id, uri) IN (SELECT (run_id, uri) FROM run WHERE run_id IN (SELECT unnest($run_ids)));
