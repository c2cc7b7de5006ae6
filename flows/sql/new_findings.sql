-- Errors and warnings met since a run of the pipeline began: severity, reason, action, where. Parameter: pipeline_run_id.
WITH began AS (
    SELECT started_at FROM pipeline_run
    WHERE pipeline_run_id = $pipeline_run_id OR $pipeline_run_id IS NULL
    ORDER BY started_at DESC LIMIT 1
)
SELECT severity, reason, action, coalesce(f.uri || coalesce(':' || f.line, ''), f.run_id, f.ladder_id)
FROM finding AS f, began
WHERE f.found_at >= began.started_at AND severity IN ('error', 'warning')
ORDER BY severity, f.stage, f.uri, f.line, reason;
