-- Scores that were computed on other content than the run has now.
SELECT count(*), min(run_id || ', ' || metric)
FROM score_version AS v JOIN run AS r USING (run_id)
WHERE v.content_sha256 <> r.content_sha256;
