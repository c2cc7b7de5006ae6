-- Every run of a ladder on every scale axis, to draw its curves against any of them.
-- Grain: one row a ladder and run
-- Key: ladder_id, run_id
-- Units: scale on the ladder's own axis; parameters, tokens, FLOPs; losses in nats a token
-- Reads: ladder_run, ladder, model_axes
CREATE OR REPLACE VIEW ladder_axes AS
SELECT
    r.ladder_id, l.family, l.task_id, l.axis, r.run_id, r.model_id, r.seed, r.scale_index, r.scale,
    m.n_params, m.n_params_non_embedding, m.n_params_active, m.train_tokens, m.train_flops, m.train_flops_derived,
    m.train_loss, m.kaplan_loss, m.chinchilla_loss, m.kaplan_optimal_loss, m.chinchilla_optimal_loss
FROM ladder_run AS r
JOIN ladder AS l ON l.ladder_id = r.ladder_id
LEFT JOIN model_axes AS m ON m.model_id = r.model_id;
