-- Runs of ladders that are no longer stored.
SELECT count(*), min(ladder_id || ', ' || run_id) FROM ladder_run ANTI JOIN run USING (run_id);
