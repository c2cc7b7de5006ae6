-- One row a ladder for the closing table, with the discontinuous and the smooth curve as lists in order of scale.
WITH curves AS (
    SELECT ladder_id, metric, list(value ORDER BY scale_index) AS "values", list(scale ORDER BY scale_index) AS scales
    FROM curve
    GROUP BY ladder_id, metric
)
SELECT
    l.ladder_id, l.family, l.task_id, coalesce(l.task_title, l.task_id) AS task, l.axis, l.n_shots, l.prompting, l.filter,
    l.n_scales, l.n_runs, l.n_items, l.discontinuous_metric, l.smooth_metric,
    d."values" AS discontinuous_values, s."values" AS smooth_values, d.scales,
    v.verdict, v.kind, v.reason, v.lean, v.needed
FROM ladder AS l
JOIN verdict AS v USING (ladder_id)
LEFT JOIN curves AS d ON d.ladder_id = l.ladder_id AND d.metric = l.discontinuous_metric
LEFT JOIN curves AS s ON s.ladder_id = l.ladder_id AND s.metric = l.smooth_metric
ORDER BY l.family, task, l.n_shots, l.prompting, l.filter, l.ladder_id;
