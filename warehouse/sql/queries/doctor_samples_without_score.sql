-- Samples that no scoring has seen.
SELECT count(*), min(run_id || ', ' || item_id) FROM sample ANTI JOIN score USING (run_id, item_id, repeat);
