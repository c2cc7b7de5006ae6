-- Models that were run but whose scale nobody has said: add them to the study's models.
-- Grain: one row a model
-- Key: model_id
-- Units: counts of runs and tasks
-- Reads: run, model
CREATE OR REPLACE VIEW unknown_model AS
SELECT r.model_id, count(*) AS n_runs, count(DISTINCT r.task_id) AS n_tasks, any_value(m.family) AS family
FROM run AS r
LEFT JOIN model AS m ON m.model_id = r.model_id
GROUP BY r.model_id
HAVING count(coalesce(m.n_params, m.n_params_non_embedding, m.train_tokens, m.train_flops, m.train_loss)) = 0;

COMMENT ON COLUMN unknown_model.family IS 'Where somebody named one; NULL: nobody did';
