-- Every metric of a run as a whole, with what the run is.
-- Grain: one row a run and cell metric
-- Key: run_id, metric
-- Units: value, se, low and high in the metric's unit
-- Reads: cell_score, run, model_axes, metric
CREATE OR REPLACE VIEW cell_score_by_run AS
SELECT
    c.run_id, r.model_id, r.task_id, r.n_shots, r.prompting, r.filter,
    s.n_params, s.train_tokens, s.train_flops,
    c.metric, coalesce(m.label, c.metric) AS label, m.kind, m.unit, m.higher_is_better,
    c.value, c.se, c.low, c.high, c.n, c.reason
FROM cell_score AS c
JOIN run AS r ON r.run_id = c.run_id
LEFT JOIN model_axes AS s ON s.model_id = r.model_id
LEFT JOIN metric AS m ON m.name = c.metric;
