-- What the study said of models and says no more. Parameter: model_ids, those it speaks of now.
DELETE FROM model_statement WHERE source = 'study' AND model_id NOT IN (SELECT unnest($model_ids::VARCHAR[]));
