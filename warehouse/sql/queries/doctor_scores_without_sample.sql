-- Scores of samples that are not stored.
SELECT count(*), min(run_id || ', ' || item_id) FROM score ANTI JOIN sample USING (run_id, item_id, repeat);
