-- Target tokens that the model ranked first, by their position in the answer: at most four groups of neighbouring positions.
-- Grain: one row a ladder, scale and group of positions. Parameters: ladder_ids.
WITH token AS (
    SELECT
        lr.ladder_id, lr.scale_index, generate_subscripts(s.target_is_argmax, 1) AS position,
        unnest(s.target_is_argmax) AS is_right
    FROM ladder_run AS lr
    JOIN sample AS s ON s.run_id = lr.run_id
    WHERE lr.ladder_id IN (SELECT unnest($ladder_ids::VARCHAR[])) AND len(s.target_is_argmax) > 0
),
counted AS (
    SELECT ladder_id, scale_index, position, count(is_right) AS n, count_if(is_right) AS n_right
    FROM token
    GROUP BY ladder_id, scale_index, position
),
classed AS (
    SELECT *, ((position - 1) * least(4, longest)) // longest AS class
    FROM (SELECT *, max(position) OVER (PARTITION BY ladder_id) AS longest FROM counted)
)
SELECT
    ladder_id, scale_index, (min(position))::INTEGER AS position_low, (max(position))::INTEGER AS position_high,
    sum(n)::BIGINT AS n, sum(n_right) / nullif(sum(n), 0) AS value
FROM classed
GROUP BY ladder_id, scale_index, class
ORDER BY ladder_id, scale_index, position_low;
