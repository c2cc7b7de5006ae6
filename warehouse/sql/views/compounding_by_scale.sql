-- Exact match observed against what token accuracy predicts, computed a run and then averaged (pooled runs would fake a gap).
-- Grain: one row a ladder and scale
-- Key: ladder_id, scale_index
-- Units: shares in [0,1]; answer_sd in logit; *_miss is the largest of the runs
-- Reads: compounding, ladder
CREATE OR REPLACE VIEW compounding_by_scale AS
SELECT
    c.ladder_id, l.family, l.task_id, l.task_title, l.axis, c.scale_index, c.scale, count(*)::INTEGER AS n_runs,
    avg(c.observed) AS observed, avg(c.token_accuracy) AS token_accuracy, avg(c.independent) AS independent,
    avg(c.own_low) AS own_low, avg(c.own_high) AS own_high,
    avg(c.constant_low) AS constant_low, avg(c.constant_high) AS constant_high,
    max(c.own_miss) AS own_miss, max(c.constant_miss) AS constant_miss,
    avg(c.correlation) AS correlation, avg(c.answer_sd) AS answer_sd, avg(c.burst) AS burst,
    avg(c.expected_exact_match) AS expected_exact_match
FROM compounding AS c
JOIN ladder AS l ON l.ladder_id = c.ladder_id
GROUP BY ALL;
