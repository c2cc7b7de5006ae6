-- Items that no stored run has answered.
SELECT count(*), min(task_id || ', ' || item_id)
FROM item ANTI JOIN (SELECT DISTINCT r.task_id, s.item_id FROM run AS r JOIN sample AS s USING (run_id)) AS a USING (task_id, item_id);
