-- Does what was read give the scores that the log states? One answer a run.
-- Grain: one row a run
-- Key: run_id
-- Units: counts of scores; largest_difference in the log's own unit
-- Reads: run, source_score
CREATE OR REPLACE VIEW log_agreement AS
SELECT
    r.run_id, r.uri, r.format, r.model_id, r.task_id,
    count(s.metric) AS n_stated,
    count(s.agrees) AS n_compared,
    count(*) FILTER (WHERE s.agrees) AS n_agreeing,
    bool_and(s.agrees) AS agrees,
    max(abs(s.recomputed - s.value)) AS largest_difference
FROM run AS r
LEFT JOIN source_score AS s ON s.run_id = r.run_id
GROUP BY r.run_id, r.uri, r.format, r.model_id, r.task_id;

COMMENT ON COLUMN log_agreement.n_stated IS 'Scores that the log states';
COMMENT ON COLUMN log_agreement.n_compared IS 'Of these, scores that could be recomputed from the rows';
COMMENT ON COLUMN log_agreement.agrees IS 'Every score compared agrees within 1e-6; NULL: none could be compared';
