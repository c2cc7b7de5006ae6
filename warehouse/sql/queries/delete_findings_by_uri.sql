-- Findings of a stage about files. Parameters: stage, values.
DELETE FROM finding WHERE stage = $stage AND uri IN (SELECT unnest($values::VARCHAR[]));
