-- The discontinuous and the smooth metric of a ladder beside each other: the same outputs under two rulers.
-- Grain: one row a ladder and scale
-- Key: ladder_id, scale_index
-- Units: *_value, *_low, *_high and *_floor in the unit of the metric named in the same row
-- Reads: ladder, curve, metric
CREATE OR REPLACE VIEW metric_beside_metric AS
SELECT
    l.ladder_id, l.family, l.task_id, l.task_title, l.axis, d.scale_index, d.scale, d.n_items, d.n_runs,
    l.discontinuous_metric, d.value AS discontinuous_value, d.low AS discontinuous_low,
    d.high AS discontinuous_high, d.floor AS discontinuous_floor,
    l.smooth_metric, m.unit AS smooth_unit, s.value AS smooth_value, s.low AS smooth_low,
    s.high AS smooth_high, s.floor AS smooth_floor
FROM ladder AS l
JOIN curve AS d ON d.ladder_id = l.ladder_id AND d.metric = l.discontinuous_metric
LEFT JOIN curve AS s ON s.ladder_id = l.ladder_id AND s.metric = l.smooth_metric AND s.scale_index = d.scale_index
LEFT JOIN metric AS m ON m.name = l.smooth_metric;
