-- Rows of cell_score that belong to runs. Parameter: run_ids.
DELETE FROM cell_score WHERE run_id IN (SELECT unnest($run_ids));
