-- Those of these runs that have no score row yet: rows are stored together with their versions. Parameter: run_ids.
SELECT run_id FROM (SELECT unnest($run_ids::VARCHAR[]) AS run_id)
WHERE run_id NOT IN (SELECT run_id FROM score_version)
ORDER BY run_id;
