-- Shuffled floors of some runs. Parameter: run_ids.
SELECT run_id, metric, value FROM floor
WHERE kind = 'shuffled' AND run_id IN (SELECT unnest($run_ids::VARCHAR[])) ORDER BY run_id, metric;
