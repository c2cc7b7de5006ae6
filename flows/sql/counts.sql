-- How much the warehouse holds, in one row.
SELECT
    (SELECT count(*) FROM source_file) AS files,
    (SELECT count(*) FROM run) AS runs,
    (SELECT coalesce(sum(n_samples), 0)::BIGINT FROM run) AS samples,
    (SELECT count(DISTINCT model_id) FROM run) AS models,
    (SELECT count(DISTINCT task_id) FROM run) AS tasks,
    (SELECT count(*) FROM ladder) AS ladders,
    (SELECT count(*) FROM finding) AS findings,
    (SELECT max(generation) FROM publication) AS generation,
    (SELECT max(published_at) FROM publication) AS published_at;
