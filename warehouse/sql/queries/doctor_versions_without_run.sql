-- Score versions of runs that are not stored.
SELECT count(*), min(run_id || ', ' || metric) FROM score_version ANTI JOIN run USING (run_id);
