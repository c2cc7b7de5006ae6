-- Rows of floor that belong to runs. Parameter: run_ids.
DELETE FROM floor WHERE run_id IN (SELECT unnest($run_ids));
