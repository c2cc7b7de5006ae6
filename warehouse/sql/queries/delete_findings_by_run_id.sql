-- Findings of a stage about runs. Parameters: stage, values.
DELETE FROM finding WHERE stage = $stage AND run_id IN (SELECT unnest($values::VARCHAR[]));
