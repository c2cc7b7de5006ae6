-- Samples of runs that are not stored.
SELECT count(*), min(run_id) FROM sample ANTI JOIN run USING (run_id);
