-- Exact match at the larger scales, forecast from the n_fitted smallest by two routes, with a 90 % interval, beside what was observed.
-- Grain: one row a ladder, cut, route and scale forecast
-- Key: ladder_id, n_fitted, route, scale_index
-- Units: predicted, low, high, observed and error are shares in [0,1]; NULL where there is no forecast, for `reason`
-- Reads: forecast, ladder
CREATE OR REPLACE VIEW forecast_from_below AS
SELECT
    f.ladder_id, l.family, l.task_id, l.task_title, l.axis, f.n_fitted, f.route, f.scale_index, f.scale,
    f.predicted, f.low, f.high, f.observed, abs(f.predicted - f.observed) AS error,
    f.observed BETWEEN f.low AND f.high AS covered, f.reason
FROM forecast AS f
JOIN ladder AS l ON l.ladder_id = f.ladder_id;

COMMENT ON COLUMN forecast_from_below.covered IS 'The interval holds what was observed';
COMMENT ON COLUMN forecast_from_below.reason IS 'Why there is no forecast; NULL: there is one';
