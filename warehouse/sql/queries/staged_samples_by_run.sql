-- Staged samples by run.
SELECT run_id, count(*) AS found FROM staged_rows GROUP BY run_id;
