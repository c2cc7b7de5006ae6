-- How much the warehouse holds, in one row.
SELECT
    (SELECT count(*) FROM source_file) AS files,
    (SELECT count(*) FROM run) AS runs,
    (SELECT coalesce(sum(n_samples), 0)::BIGINT FROM run) AS samples,
    (SELECT count(DISTINCT model_id) FROM run) AS models,
    (SELECT count(DISTINCT task_id) FROM run) AS tasks,
    (SELECT count(*) FROM ladder) AS ladders,
    (SELECT count(*) FROM finding) AS findings,
    (SELECT count(*) FROM log_agreement WHERE agrees) AS runs_agreeing,
    (SELECT count(*) FROM log_agreement WHERE NOT agrees) AS runs_differing,
    (SELECT count(*) FROM log_agreement WHERE agrees IS NULL) AS runs_not_compared,
    (SELECT max(generation) FROM publication) AS generation,
    (SELECT max(published_at) FROM publication) AS published_at;
