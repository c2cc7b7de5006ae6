-- Exact match observed against what token accuracy predicts under compounding, run by run.
-- Grain: one row a ladder and run
-- Key: ladder_id, run_id
-- Units: shares in [0,1]; answer_sd in logit
-- Reads: compounding, ladder
CREATE OR REPLACE VIEW compounding_by_run AS
SELECT c.ladder_id, l.family, l.task_id, l.task_title, l.axis, c.* EXCLUDE (ladder_id)
FROM compounding AS c
JOIN ladder AS l ON l.ladder_id = c.ladder_id;
