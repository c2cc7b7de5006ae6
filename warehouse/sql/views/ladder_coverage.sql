-- What each run of a ladder has answered of the items that any run of the ladder has answered.
-- Grain: one row a ladder and run
-- Key: ladder_id, run_id
-- Units: counts of items
-- Reads: ladder, ladder_run, sample
CREATE OR REPLACE VIEW ladder_coverage AS
WITH answered AS (
    SELECT DISTINCT lr.ladder_id, lr.run_id, s.item_id
    FROM ladder_run AS lr JOIN sample AS s ON s.run_id = lr.run_id
),
wanted AS (
    SELECT ladder_id, item_id FROM answered GROUP BY ladder_id, item_id
),
counted AS (
    SELECT
        lr.ladder_id, lr.run_id, count(*) AS n_items_in_ladder, count(a.item_id) AS n_items_answered,
        list(w.item_id ORDER BY w.item_id) FILTER (WHERE a.item_id IS NULL)[1:20] AS missing_items
    FROM ladder_run AS lr
    JOIN wanted AS w ON w.ladder_id = lr.ladder_id
    LEFT JOIN answered AS a ON a.ladder_id = lr.ladder_id AND a.run_id = lr.run_id AND a.item_id = w.item_id
    GROUP BY lr.ladder_id, lr.run_id
)
SELECT
    lr.ladder_id, l.family, l.task_id, l.axis, lr.run_id, lr.model_id, lr.seed, lr.scale_index, lr.scale,
    coalesce(c.n_items_in_ladder, 0) AS n_items_in_ladder,
    coalesce(c.n_items_answered, 0) AS n_items_answered,
    coalesce(c.n_items_in_ladder - c.n_items_answered, 0) AS n_items_missing,
    c.missing_items
FROM ladder_run AS lr
JOIN ladder AS l ON l.ladder_id = lr.ladder_id
LEFT JOIN counted AS c ON c.ladder_id = lr.ladder_id AND c.run_id = lr.run_id;

COMMENT ON COLUMN ladder_coverage.n_items_in_ladder IS 'Items that at least one run of the ladder answered';
COMMENT ON COLUMN ladder_coverage.missing_items IS 'The first 20 items this run lacks, by item_id; NULL: none';
