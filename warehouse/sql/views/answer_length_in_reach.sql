-- The length of answer at which exact match would emerge at each scale, were errors of tokens independent.
-- Grain: one row a ladder and scale
-- Key: ladder_id, scale_index
-- Units: scale on the ladder's axis; token_accuracy a share; longest_* in tokens, NULL: answers of every length
-- Reads: compounding_by_scale, ladder
CREATE OR REPLACE VIEW answer_length_in_reach AS
SELECT
    c.ladder_id, c.family, c.task_id, c.task_title, c.axis, l.tokenization, c.scale_index, c.scale, c.n_runs,
    c.token_accuracy,
    longest_answer(c.token_accuracy, level := 0.1) AS longest_at_10,
    longest_answer(c.token_accuracy, level := 0.5) AS longest_at_50,
    longest_answer(c.token_accuracy, level := 0.9) AS longest_at_90
FROM compounding_by_scale AS c
JOIN ladder AS l ON l.ladder_id = c.ladder_id;

COMMENT ON COLUMN answer_length_in_reach.longest_at_10 IS 'Most tokens of an answer that is all right at least one time in ten';
COMMENT ON COLUMN answer_length_in_reach.longest_at_50 IS 'Most tokens of an answer that is all right at least every second time';
COMMENT ON COLUMN answer_length_in_reach.longest_at_90 IS 'Most tokens of an answer that is all right at least nine times in ten';
