-- Runs of files that are not recorded.
SELECT count(*), min(run_id || ' from ' || uri) FROM run ANTI JOIN source_file USING (uri);
