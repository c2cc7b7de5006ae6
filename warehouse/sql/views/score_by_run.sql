-- Every metric of every run of a ladder, mean over items with a 95 % interval over items only.
-- Grain: one row a ladder, metric and run
-- Key: ladder_id, metric, run_id
-- Units: value, se, low, high and floor in the metric's unit; scale on the ladder's axis
-- Reads: curve_run, ladder, ladder_run, metric
CREATE OR REPLACE VIEW score_by_run AS
SELECT
    c.ladder_id, l.family, l.task_id, l.task_title, l.axis,
    c.metric, coalesce(m.label, c.metric) AS label, m.kind, m.unit, m.higher_is_better,
    CASE c.metric WHEN l.discontinuous_metric THEN 'discontinuous' WHEN l.smooth_metric THEN 'smooth' END AS role,
    c.run_id, r.model_id, c.seed, c.scale_index, c.scale, c.value, c.se, c.low, c.high, c.n_items, c.floor
FROM curve_run AS c
JOIN ladder AS l ON l.ladder_id = c.ladder_id
LEFT JOIN ladder_run AS r ON r.ladder_id = c.ladder_id AND r.run_id = c.run_id
LEFT JOIN metric AS m ON m.name = c.metric;

COMMENT ON COLUMN score_by_run.role IS 'discontinuous or smooth where the verdict rests on this metric; NULL: shown beside them';
COMMENT ON COLUMN score_by_run.low IS '95 % interval over items only';
COMMENT ON COLUMN score_by_run.high IS '95 % interval over items only';
