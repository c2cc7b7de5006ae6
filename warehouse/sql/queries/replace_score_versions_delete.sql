-- Versions of the staged (run, metric) pairs.
DELETE FROM score_version WHERE (run_id, metric) IN (SELECT run_id, metric FROM staged_rows);
