-- What every run of the pipeline did, and what was removed for good.
CREATE TABLE pipeline_run (
    pipeline_run_id VARCHAR NOT NULL, study VARCHAR NOT NULL, state VARCHAR NOT NULL, runner VARCHAR NOT NULL,
    started_at TIMESTAMP NOT NULL, ended_at TIMESTAMP NOT NULL, cpu_seconds DOUBLE NOT NULL, peak_memory_bytes BIGINT NOT NULL,
    host VARCHAR NOT NULL, pid BIGINT NOT NULL, program_version VARCHAR NOT NULL, error VARCHAR
);
COMMENT ON TABLE pipeline_run IS 'One row a run of the pipeline, as known when it published. Key: pipeline_run_id.';
COMMENT ON COLUMN pipeline_run.state IS 'done, nothing_to_do, partial (something was left out; see finding), failed or cancelled';
COMMENT ON COLUMN pipeline_run.runner IS 'direct or prefect';
COMMENT ON COLUMN pipeline_run.cpu_seconds IS 'Processor time of the process and of the worker processes it waited for, seconds';
COMMENT ON COLUMN pipeline_run.error IS 'Why it failed; NULL: it did not';

CREATE TABLE pipeline_stage (
    pipeline_run_id VARCHAR NOT NULL, stage VARCHAR NOT NULL, position INTEGER NOT NULL,
    seconds DOUBLE NOT NULL, cpu_seconds DOUBLE NOT NULL, summary VARCHAR NOT NULL, outcome VARCHAR NOT NULL
);
COMMENT ON TABLE pipeline_stage IS 'One row a finished stage of a run of the pipeline. Key: pipeline_run_id, stage.';
COMMENT ON COLUMN pipeline_stage.seconds IS 'Wall time, seconds';
COMMENT ON COLUMN pipeline_stage.outcome IS 'Counts of the stage, JSON';

CREATE TABLE forgotten (kind VARCHAR NOT NULL, pattern VARCHAR NOT NULL, forgotten_at TIMESTAMP NOT NULL);
COMMENT ON TABLE forgotten IS 'What a user had removed for good and is not to be read again. Key: kind, pattern.';
COMMENT ON COLUMN forgotten.kind IS 'source (pattern on uri), model (on model_id) or run (on run_id)';
