-- Models of runs with what is known of them, those without a scale first.
SELECT
    r.model_id, m.family, m.seed, m.n_params, m.n_params_non_embedding, m.train_tokens, m.train_flops, m.train_loss, m.source,
    count(*) AS n_runs, count(DISTINCT r.task_id) AS n_tasks,
    coalesce(m.n_params, m.n_params_non_embedding, m.train_tokens, m.train_flops, m.train_loss) IS NOT NULL AS has_scale
FROM run AS r
LEFT JOIN model AS m ON m.model_id = r.model_id
GROUP BY ALL
ORDER BY has_scale, r.model_id;
