-- Records of runs of the pipeline beyond the newest ones. Parameter: kept.
DELETE FROM pipeline_run WHERE pipeline_run_id NOT IN (
    SELECT pipeline_run_id FROM pipeline_run ORDER BY started_at DESC, pipeline_run_id LIMIT $kept
);
