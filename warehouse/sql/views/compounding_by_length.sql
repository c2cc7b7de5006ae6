-- Compounding by length of the answer: exact match observed and predicted, computed a run and then averaged.
-- Grain: one row a ladder, scale and class of lengths
-- Key: ladder_id, scale_index, length_low
-- Units: observed, predicted and expected_exact_match are shares in [0,1]; length_* in tokens, both ends included
-- Reads: compounding_length, ladder
CREATE OR REPLACE VIEW compounding_by_length AS
SELECT
    c.ladder_id, l.family, l.task_id, l.task_title, l.axis, l.tokenization, c.scale_index, c.scale,
    c.length_low, c.length_high, c.n, c.observed, c.predicted, c.observed - c.predicted AS excess, c.expected_exact_match
FROM compounding_length AS c
JOIN ladder AS l ON l.ladder_id = c.ladder_id;

COMMENT ON COLUMN compounding_by_length.excess IS 'observed - predicted; above 0: errors cluster in answers';
