-- Staged scores that belong to no sample of these runs in near_sample, with their number. Parameter: run_ids.
SELECT n.run_id, n.item_id, count(*) OVER ()
FROM staged_scores AS n
ANTI JOIN (FROM near_sample WHERE run_id IN (SELECT unnest($run_ids::VARCHAR[]))) AS s USING (run_id, item_id, repeat)
ORDER BY n.run_id, n.item_id
LIMIT 1;
