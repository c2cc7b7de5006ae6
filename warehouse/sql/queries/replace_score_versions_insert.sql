-- Versions of the staged (run, metric) pairs, on the content that the run has now.
INSERT INTO score_version BY NAME
SELECT n.run_id, n.metric, n.version, r.content_sha256, n.n_scored, n.reason
FROM staged_rows AS n JOIN run AS r USING (run_id);
