-- What every ladder says of the spread between runs, the prior its verdict rests on, and its verdict without a pooled one.
SELECT
    v.ladder_id, l.family, l.axis, l.task_id, coalesce(v.evidence ->> '$.verdict_alone', v.verdict) AS verdict_alone,
    CAST(v.evidence -> '$.run_sd_log_evidence' AS DOUBLE[]) AS log_evidence,
    CAST(v.evidence ->> '$.prior_tasks' AS DOUBLE)::INTEGER AS prior_tasks,
    CAST(v.evidence ->> '$.prior_df' AS DOUBLE) AS prior_df, CAST(v.evidence ->> '$.prior_run_sd' AS DOUBLE) AS prior_run_sd,
    v.evidence ->> '$.decided_by' AS decided_by
FROM verdict AS v
JOIN ladder AS l ON l.ladder_id = v.ladder_id
WHERE json_type(v.evidence, '$.run_sd_log_evidence') = 'ARRAY' AND json_exists(v.evidence, '$.prior_tasks')
ORDER BY v.ladder_id;
