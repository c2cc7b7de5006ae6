-- Scores in long form: one metric a row. NULL scores are left out.
-- Grain: one row an output and metric
-- Key: run_id, item_id, repeat, metric
-- Units: value in the metric's unit (table metric)
-- Reads: score
CREATE OR REPLACE VIEW score_long AS
SELECT run_id, item_id, repeat, metric, value
FROM (
    -- a column that is always NULL keeps UNPIVOT valid while no metric has been scored; it adds no row
    UNPIVOT (SELECT *, NULL::DOUBLE AS _none FROM score)
    ON COLUMNS (* EXCLUDE (run_id, item_id, repeat)) INTO NAME metric VALUE value
);
