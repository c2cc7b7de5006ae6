-- How well exact match at the larger scales was forecast from the smaller ones, over all ladders and cuts.
-- Grain: one row a route.
SELECT
    route, count(*) AS n_forecasts, count(DISTINCT ladder_id) AS n_ladders, avg(error) AS mean_error,
    median(error) AS median_error, avg(covered::INTEGER) AS covered, avg(high - low) AS mean_width,
    avg(predicted - observed) AS bias
FROM forecast_from_below
WHERE observed IS NOT NULL AND predicted IS NOT NULL
GROUP BY route
ORDER BY mean_error, route;
