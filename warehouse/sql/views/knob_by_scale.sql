-- The curve of a ladder at each setting of a knob that makes the metric sharper; the outputs stay the same.
-- Grain: one row a ladder, knob, setting and scale
-- Key: ladder_id, knob, setting, scale_index
-- Units: scale on the ladder's axis; value, low and high shares of answers that count as right
-- Reads: ladder_knob_curve, ladder
CREATE OR REPLACE VIEW knob_by_scale AS
SELECT
    c.ladder_id, l.family, l.task_id, l.task_title, l.axis,
    c.knob, c.setting, c.scale_index, c.scale, c.value, c.low, c.high
FROM ladder_knob_curve AS c
JOIN ladder AS l ON l.ladder_id = c.ladder_id;
