-- Rows of score_version that belong to runs. Parameter: run_ids.
DELETE FROM score_version WHERE run_id IN (SELECT unnest($run_ids));
