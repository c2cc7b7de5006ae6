-- What the same source said before of the staged models.
DELETE FROM model_statement WHERE (model_id, source) IN (SELECT model_id, source FROM staged_rows);
