-- Where exact match rises most, seed by seed: do training runs agree on the gap? Only seeds present at every scale,
-- only those that rise by at least the least rise somewhere. Grain: one row a ladder. Parameters: ladder_ids, least (a share).
WITH step AS (
    SELECT
        c.ladder_id, c.seed, c.scale_index, l.n_scales,
        c.value - lag(c.value) OVER (PARTITION BY c.ladder_id, c.seed ORDER BY c.scale_index) AS change
    FROM curve_run AS c
    JOIN ladder AS l ON l.ladder_id = c.ladder_id AND c.metric = l.discontinuous_metric
    WHERE c.seed IS NOT NULL AND c.ladder_id IN (SELECT unnest($ladder_ids::VARCHAR[]))
),
sharpest AS (
    SELECT ladder_id, seed, arg_max(scale_index, change) - 1 AS gap_index, max(change) AS change
    FROM step
    GROUP BY ladder_id, seed
    HAVING count(*) = any_value(n_scales)
)
SELECT
    ladder_id, count(*) AS n_seeds, count(DISTINCT gap_index) AS n_gaps, min(gap_index) AS first_gap, max(gap_index) AS last_gap
FROM sharpest
WHERE change >= $least
GROUP BY ladder_id
ORDER BY ladder_id;
