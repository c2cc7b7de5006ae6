-- Record a run of the pipeline. Parameters: its columns.
INSERT INTO pipeline_run BY NAME SELECT
    $pipeline_run_id::VARCHAR AS pipeline_run_id, $study::VARCHAR AS study, $state::VARCHAR AS state,
    $runner::VARCHAR AS runner, $started_at::TIMESTAMP AS started_at, $ended_at::TIMESTAMP AS ended_at,
    $cpu_seconds::DOUBLE AS cpu_seconds, $peak_memory_bytes::BIGINT AS peak_memory_bytes, $host::VARCHAR AS host,
    $pid::BIGINT AS pid, $program_version::VARCHAR AS program_version, $error::VARCHAR AS error;
