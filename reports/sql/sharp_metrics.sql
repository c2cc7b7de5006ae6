-- Which metrics look emergent on which ladder: one gap holds at least the share of the rise that the verdict's own
-- constants ask of exact match. Only metrics with a rise to place. Grain: one row a ladder and metric.
SELECT
    d.ladder_id, d.metric,
    d.sharpness >= greatest(
        json_extract(v.constants, '$.emergent_gap_share')::DOUBLE,
        json_extract(v.constants, '$.emergent_gap_factor')::DOUBLE / (l.n_scales - 1)
    ) AS sharp
FROM description AS d
JOIN ladder AS l ON l.ladder_id = d.ladder_id
JOIN verdict AS v ON v.ladder_id = d.ladder_id
WHERE d.sharpness IS NOT NULL AND l.n_scales > 1
ORDER BY d.ladder_id, d.metric;
