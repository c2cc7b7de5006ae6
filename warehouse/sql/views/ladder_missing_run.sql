-- Runs that would complete a ladder: models that ran other tasks of the family, and seeds that exist at other scales only.
-- Grain: one row a ladder and missing run
-- Key: ladder_id, missing
-- Units: scale on the ladder's axis
-- Reads: ladder, ladder_run
CREATE OR REPLACE VIEW ladder_missing_run AS
WITH placed AS (
    SELECT l.family, l.axis, r.ladder_id, r.model_id, r.seed, r.scale
    FROM ladder_run AS r JOIN ladder AS l ON l.ladder_id = r.ladder_id
),
other_task AS (
    SELECT l.ladder_id, p.model_id, p.seed, p.scale, p.model_id AS missing, 'ran other tasks of the family' AS reason
    FROM ladder AS l
    JOIN (SELECT DISTINCT family, axis, model_id, seed, scale FROM placed) AS p ON p.family = l.family AND p.axis = l.axis
    WHERE NOT EXISTS (FROM placed AS h WHERE h.ladder_id = l.ladder_id AND h.model_id = p.model_id)
),
no_seed AS (
    SELECT
        s.ladder_id, NULL AS model_id, s.seed, g.scale, 'seed ' || s.seed || ' at ' || g.scale AS missing,
        'this seed exists at other scales' AS reason
    FROM (SELECT DISTINCT ladder_id, seed FROM placed WHERE seed IS NOT NULL) AS s
    JOIN (SELECT DISTINCT ladder_id, scale FROM placed) AS g ON g.ladder_id = s.ladder_id
    WHERE NOT EXISTS (FROM placed AS h WHERE h.ladder_id = s.ladder_id AND h.seed = s.seed AND h.scale = g.scale)
        AND NOT EXISTS (FROM other_task AS o WHERE o.ladder_id = s.ladder_id AND o.seed = s.seed AND o.scale = g.scale)
)
SELECT m.ladder_id, l.family, l.task_id, l.axis, m.missing, m.model_id, m.seed, m.scale, m.reason
FROM (FROM other_task UNION ALL BY NAME FROM no_seed) AS m
JOIN ladder AS l ON l.ladder_id = m.ladder_id;

COMMENT ON COLUMN ladder_missing_run.missing IS 'Model, or seed and scale where no model of that kind is known';
COMMENT ON COLUMN ladder_missing_run.model_id IS 'NULL: no such model is known';
