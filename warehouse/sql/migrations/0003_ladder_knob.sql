-- Turn the knob: the same outputs of a ladder under ever sharper metrics.

CREATE TABLE ladder_knob (
    ladder_id VARCHAR NOT NULL, knob VARCHAR NOT NULL, setting DOUBLE NOT NULL, metric VARCHAR NOT NULL, n_items BIGINT NOT NULL,
    rise DOUBLE, sharpness DOUBLE, sharpness_low DOUBLE, sharpness_high DOUBLE, sharpest_gap INTEGER,
    emergence_score DOUBLE, emergence_score_low DOUBLE, emergence_score_high DOUBLE,
    linearity DOUBLE, linearity_low DOUBLE, linearity_high DOUBLE,
    resamples INTEGER NOT NULL, seed BIGINT NOT NULL
);
COMMENT ON TABLE ladder_knob IS 'Shape of a ladder''s curve at each setting of a knob that makes the metric sharper; the outputs stay the same. 95 % bootstrap intervals. Key: ladder_id, knob, setting.';
COMMENT ON COLUMN ladder_knob.knob IS 'tokens_required (1 where at least this share of the target''s tokens is right), threshold (1 where the smooth score is at least this), answer_length (exact match of items of this length) or compounded_length (what token accuracy gives for answers of this length with independent errors)';
COMMENT ON COLUMN ladder_knob.setting IS 'Position of the knob: a share of tokens, a score, or tokens (the longest of its class of lengths)';
COMMENT ON COLUMN ladder_knob.metric IS 'Metric of single outputs that the knob sharpens';
COMMENT ON COLUMN ladder_knob.n_items IS 'Items the curve rests on';
COMMENT ON COLUMN ladder_knob.rise IS 'Last minus first value of the isotonic fit, [0,1]';
COMMENT ON COLUMN ladder_knob.sharpness IS 'Largest share of the whole rise inside one gap, [0,1]; NULL: the rise is below 0.1, nothing to place';
COMMENT ON COLUMN ladder_knob.sharpest_gap IS 'Gap index: between scale_index g and g + 1; NULL: nothing to place';
COMMENT ON COLUMN ladder_knob.emergence_score IS 'Signed range over the root median square step, the step bounded below by 1 / items; BIG-bench calls it breakthroughness';
COMMENT ON COLUMN ladder_knob.linearity IS 'Signed range over the root mean square step, bounded likewise';

CREATE TABLE ladder_knob_curve (
    ladder_id VARCHAR NOT NULL, knob VARCHAR NOT NULL, setting DOUBLE NOT NULL, scale_index INTEGER NOT NULL, scale DOUBLE NOT NULL,
    value DOUBLE NOT NULL, low DOUBLE NOT NULL, high DOUBLE NOT NULL
);
COMMENT ON TABLE ladder_knob_curve IS 'The curve at each setting of a knob, mean over items and runs, 95 % bootstrap interval over items and training seeds. Key: ladder_id, knob, setting, scale_index.';
COMMENT ON COLUMN ladder_knob_curve.value IS 'Share of answers that count as right at this setting, [0,1]';
