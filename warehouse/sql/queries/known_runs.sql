-- Which of these runs are stored, and their tasks. Parameter: run_ids.
SELECT run_id, task_id FROM run WHERE run_id IN (SELECT unnest($run_ids::VARCHAR[])) ORDER BY run_id;
