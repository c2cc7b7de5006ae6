-- Items of those of these tasks that no stored run has. Parameter: task_ids.
DELETE FROM item
WHERE task_id IN (SELECT unnest($task_ids::VARCHAR[])) AND task_id NOT IN (SELECT task_id FROM run);
