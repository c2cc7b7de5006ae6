-- How emergent a ladder looks at each setting of a knob that makes the metric sharper; the outputs stay the same.
-- Grain: one row a ladder, knob and setting
-- Key: ladder_id, knob, setting
-- Units: setting a share of tokens, a score or tokens, as its knob says; rise and sharpness shares; scores without unit
-- Reads: ladder_knob, ladder
CREATE OR REPLACE VIEW knob_by_setting AS
SELECT
    k.ladder_id, l.family, l.task_id, l.task_title, l.axis,
    k.knob, k.setting, k.metric, k.n_items, k.rise,
    k.sharpness, k.sharpness_low, k.sharpness_high, k.sharpest_gap,
    k.emergence_score, k.emergence_score_low, k.emergence_score_high,
    k.linearity, k.linearity_low, k.linearity_high
FROM ladder_knob AS k
JOIN ladder AS l ON l.ladder_id = k.ladder_id;

COMMENT ON COLUMN knob_by_setting.setting IS 'Position of the knob; the greater, the sharper the metric';
