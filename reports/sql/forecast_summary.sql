-- Mean distance of each forecast from what was observed, and how many intervals held it; or why there is none.
-- Grain: one row a ladder, cut and route. Parameters: ladder_ids.
SELECT
    ladder_id, n_fitted, route, count(*) AS n_points, avg(error) AS mean_error, count_if(covered)::BIGINT AS n_covered,
    any_value(reason) AS reason
FROM forecast_from_below
WHERE ladder_id IN (SELECT unnest($ladder_ids::VARCHAR[]))
GROUP BY ladder_id, n_fitted, route
ORDER BY ladder_id, n_fitted, route;
