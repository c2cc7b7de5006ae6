-- Runs that a pattern names, with their samples. Parameters: kind, pattern.
SELECT run_id, n_samples FROM run
WHERE CASE $kind WHEN 'run' THEN run_id WHEN 'model' THEN model_id ELSE uri END GLOB $pattern
ORDER BY run_id;
