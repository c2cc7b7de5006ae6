-- Floors of runs that are not stored.
SELECT count(*), min(run_id || ', ' || metric) FROM floor ANTI JOIN run USING (run_id);
