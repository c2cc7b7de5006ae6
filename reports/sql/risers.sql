-- Which training runs make the sharpest gap of a metric's mean: the runs just above the gap that hold at least half of the
-- largest increase over the mean below it, and how far the others come.
-- Grain: one row a ladder and metric with a rise to place. Parameters: ladder_ids.
WITH gap AS (
    SELECT ladder_id, metric, sharpest_gap
    FROM description
    WHERE sharpest_gap IS NOT NULL AND sharpness IS NOT NULL AND ladder_id IN (SELECT unnest($ladder_ids::VARCHAR[]))
),
below AS (
    SELECT g.ladder_id, g.metric, avg(r.value) AS value
    FROM gap AS g
    JOIN curve_run AS r ON r.ladder_id = g.ladder_id AND r.metric = g.metric AND r.scale_index = g.sharpest_gap
    GROUP BY g.ladder_id, g.metric
),
above AS (
    SELECT
        g.ladder_id, g.metric, g.sharpest_gap, r.value,
        r.value - b.value >= max(r.value - b.value) OVER (PARTITION BY g.ladder_id, g.metric) / 2 AS made
    FROM gap AS g
    JOIN below AS b ON b.ladder_id = g.ladder_id AND b.metric = g.metric
    JOIN curve_run AS r ON r.ladder_id = g.ladder_id AND r.metric = g.metric AND r.scale_index = g.sharpest_gap + 1
)
SELECT
    ladder_id, metric, any_value(sharpest_gap) AS sharpest_gap, count(*) AS n_runs, count_if(made)::BIGINT AS n_made,
    min(value) FILTER (WHERE made) AS least_made, max(value) FILTER (WHERE NOT made) AS most_others
FROM above
GROUP BY ladder_id, metric
ORDER BY ladder_id, metric;
