-- The scores that logs state of themselves, with the scale of their models, beside the same recomputed from the rows.
-- Grain: one row a score that a log states
-- Key: uri, run_id, subset, metric
-- Units: value, se and recomputed in the log's own unit (shares or percent); scales in parameters, tokens, FLOPs
-- Reads: source_score, run, model
CREATE OR REPLACE VIEW log_score AS
SELECT
    s.uri, s.run_id, s.subset, s.metric, s.model_id, s.task_id, s.n_shots, s.prompting, s.filter,
    s.value, s.se, s.n_items, s.recomputed, s.recomputed - s.value AS difference, s.agrees, s.route, s.our_metric,
    r.run_id IS NOT NULL AS has_outputs,
    m.family, m.seed, m.n_params, m.n_params_non_embedding, m.train_tokens, m.train_flops
FROM source_score AS s
LEFT JOIN run AS r ON r.run_id = s.run_id
LEFT JOIN model AS m ON m.model_id = s.model_id;

COMMENT ON COLUMN log_score.difference IS 'recomputed less value; NULL: there was nothing to compare';
COMMENT ON COLUMN log_score.has_outputs IS 'Outputs of the run are stored; false: the log holds scores alone';
