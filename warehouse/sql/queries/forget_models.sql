-- Models that a pattern names. Parameters: kind, pattern.
SELECT model_id FROM model WHERE $kind = 'model' AND model_id GLOB $pattern ORDER BY model_id;
