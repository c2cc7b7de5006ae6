-- Scores of some runs with the clusters of their items, from near_score (``warehouse.places``). Parameter: run_ids.
SELECT s.*, i."cluster", i.category
FROM near_score AS s
JOIN run AS r USING (run_id)
LEFT JOIN item AS i ON i.task_id = r.task_id AND i.item_id = s.item_id
WHERE s.run_id IN (SELECT unnest($run_ids::VARCHAR[]));
