-- Items of these tasks that no stored run has answered. Parameter: task_ids.
DELETE FROM item
WHERE task_id IN (SELECT unnest($task_ids::VARCHAR[]))
    AND NOT EXISTS (
        FROM run JOIN sample USING (run_id) WHERE run.task_id = item.task_id AND sample.item_id = item.item_id
    );
