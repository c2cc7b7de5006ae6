-- Scores of some runs with the clusters of their items, and what each output says of single target tokens.
-- Parameter: run_ids.
SELECT s.*, i."cluster", i.category, o.output, o.targets, o.target_is_argmax, o.target_logprobs
FROM score AS s
JOIN run AS r USING (run_id)
JOIN sample AS o USING (run_id, item_id, repeat)
LEFT JOIN item AS i ON i.task_id = r.task_id AND i.item_id = s.item_id
WHERE s.run_id IN (SELECT unnest($run_ids::VARCHAR[]));
