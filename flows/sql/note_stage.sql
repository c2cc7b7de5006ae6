-- Record a finished stage of a run of the pipeline. Parameters: its columns.
INSERT INTO pipeline_stage BY NAME SELECT
    $pipeline_run_id::VARCHAR AS pipeline_run_id, $stage::VARCHAR AS stage, $position::INTEGER AS position,
    $seconds::DOUBLE AS seconds, $cpu_seconds::DOUBLE AS cpu_seconds, $summary::VARCHAR AS summary,
    $outcome::VARCHAR AS outcome;
