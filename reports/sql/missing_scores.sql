-- Metrics that some runs of a ladder could not be scored under, with the reason given most often.
-- Grain: one row a ladder and metric. Parameters: ladder_ids.
SELECT
    lr.ladder_id, v.metric, count(*) AS n_runs, count_if(v.n_scored = 0)::BIGINT AS n_runs_without,
    count_if(v.n_scored > 0 AND v.n_scored < r.n_samples)::BIGINT AS n_runs_in_part, mode(v.reason) AS reason
FROM ladder_run AS lr
JOIN run AS r ON r.run_id = lr.run_id
JOIN score_version AS v ON v.run_id = lr.run_id
WHERE lr.ladder_id IN (SELECT unnest($ladder_ids::VARCHAR[]))
GROUP BY lr.ladder_id, v.metric
ORDER BY lr.ladder_id, v.metric;
