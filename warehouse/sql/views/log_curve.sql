-- Curves from logs that hold scores alone: as stated there, never recomputed, so no verdict rests on them.
-- Grain: one row a score of a log without outputs
-- Key: uri, run_id, subset, metric
-- Units: value and se in the log's own unit (shares or percent); scales in parameters, tokens, FLOPs
-- Reads: log_score
CREATE OR REPLACE VIEW log_curve AS
SELECT
    family, task_id, n_shots, prompting, filter, subset, metric, model_id, seed,
    n_params, n_params_non_embedding, train_tokens, train_flops,
    value, se, n_items, value - 1.96 * se AS low, value + 1.96 * se AS high, uri, run_id
FROM log_score
WHERE NOT has_outputs;

COMMENT ON COLUMN log_curve.low IS '95 % interval from the stated standard error; NULL: none is stated';
COMMENT ON COLUMN log_curve.high IS '95 % interval from the stated standard error; NULL: none is stated';
