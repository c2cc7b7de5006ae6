-- The same outputs under several rules of what counts as the answer: a difference is made by the format, not by ability.
-- Grain: one row a ladder, run and metric on an extracted answer
-- Key: ladder_id, run_id, metric
-- Units: value, raw_value and difference in the metric's unit; scale on the ladder's axis
-- Reads: curve_run, ladder, ladder_run, metric
CREATE OR REPLACE VIEW answer_by_rule AS
SELECT
    e.ladder_id, l.family, l.task_id, l.axis, e.run_id, r.model_id, e.seed, e.scale_index, e.scale,
    e.metric, split_part(e.metric, '__', 1) AS base_metric, split_part(e.metric, '__', 2) AS rule,
    e.value, raw.value AS raw_value, e.value - raw.value AS difference, m.definition
FROM curve_run AS e
JOIN metric AS m ON m.name = e.metric AND m.definition LIKE '%. Answer: %'
JOIN curve_run AS raw
    ON raw.ladder_id = e.ladder_id AND raw.run_id = e.run_id AND raw.metric = split_part(e.metric, '__', 1)
JOIN ladder AS l ON l.ladder_id = e.ladder_id
LEFT JOIN ladder_run AS r ON r.ladder_id = e.ladder_id AND r.run_id = e.run_id;

COMMENT ON COLUMN answer_by_rule.rule IS 'The rule that read the answer out of the output, as in the study file';
COMMENT ON COLUMN answer_by_rule.raw_value IS 'The same metric on whole outputs';
COMMENT ON COLUMN answer_by_rule.difference IS 'value less raw_value: what the format of the outputs costs, no ability';
