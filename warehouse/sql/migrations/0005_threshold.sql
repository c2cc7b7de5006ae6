-- Thresholds: where along the axis each metric starts to move.

CREATE TABLE threshold (
    ladder_id VARCHAR NOT NULL, metric VARCHAR NOT NULL, level VARCHAR NOT NULL,
    value DOUBLE, scale DOUBLE, low DOUBLE, high DOUBLE, reason VARCHAR
);
COMMENT ON TABLE threshold IS 'The scale at which a metric of a ladder leaves its floor, and at which it reaches half of its range; 90 % bootstrap interval over items and training seeds. Key: ladder_id, metric, level.';
COMMENT ON COLUMN threshold.level IS 'leaves_floor: the metric has risen by a tenth of its range for good; half_range: by half of it';
COMMENT ON COLUMN threshold.value IS 'Value of the metric there, in its own unit; NULL: no rise to place';
COMMENT ON COLUMN threshold.scale IS 'On the ladder''s axis, interpolated in log scale between the scales that were measured; NULL: see reason';
COMMENT ON COLUMN threshold.low IS 'Lower end of the interval; NULL: it lies at or below the smallest scale';
COMMENT ON COLUMN threshold.high IS 'Upper end of the interval; NULL: it lies beyond the largest scale';
COMMENT ON COLUMN threshold.reason IS 'Why there is no threshold, or no end of the interval; NULL: there is';
