-- Rows of sample that belong to runs. Parameter: run_ids.
DELETE FROM sample WHERE run_id IN (SELECT unnest($run_ids));
