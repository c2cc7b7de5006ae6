-- Rows of run that belong to runs. Parameter: run_ids.
DELETE FROM run WHERE run_id IN (SELECT unnest($run_ids));
