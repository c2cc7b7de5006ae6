-- Runs with another number of samples than they say.
SELECT count(*), min(run_id || ': says ' || n_samples || ', has ' || found)
FROM (
    SELECT r.run_id, r.n_samples, coalesce(s.found, 0) AS found
    FROM run AS r LEFT JOIN (SELECT run_id, count(*) AS found FROM sample GROUP BY run_id) AS s USING (run_id)
)
WHERE n_samples <> found;
