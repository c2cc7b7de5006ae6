-- Rows of score that belong to runs. Parameter: run_ids.
DELETE FROM score WHERE run_id IN (SELECT unnest($run_ids));
