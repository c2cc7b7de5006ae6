-- Scores of whole runs that are not stored.
SELECT count(*), min(run_id || ', ' || metric) FROM cell_score ANTI JOIN run USING (run_id);
