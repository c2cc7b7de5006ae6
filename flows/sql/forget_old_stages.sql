-- Stages of runs of the pipeline that have no record any more.
DELETE FROM pipeline_stage WHERE pipeline_run_id NOT IN (SELECT pipeline_run_id FROM pipeline_run);
