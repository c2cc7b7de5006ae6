-- Change of every metric between neighbouring scales, paired over items, with a 95 % interval.
-- Grain: one row a ladder, metric and gap
-- Key: ladder_id, metric, gap_index
-- Units: change, low and high in the metric's unit
-- Reads: change, ladder, metric
CREATE OR REPLACE VIEW change_by_gap AS
SELECT
    c.ladder_id, l.family, l.task_id, l.task_title, l.axis,
    c.metric, coalesce(m.label, c.metric) AS label, m.kind, m.unit, m.higher_is_better,
    CASE c.metric WHEN l.discontinuous_metric THEN 'discontinuous' WHEN l.smooth_metric THEN 'smooth' END AS role,
    c.gap_index, c.scale_low, c.scale_high, c.change, c.low, c.high
FROM change AS c
JOIN ladder AS l ON l.ladder_id = c.ladder_id
LEFT JOIN metric AS m ON m.name = c.metric;

COMMENT ON COLUMN change_by_gap.low IS '95 % interval, paired over items';
COMMENT ON COLUMN change_by_gap.high IS '95 % interval, paired over items';
