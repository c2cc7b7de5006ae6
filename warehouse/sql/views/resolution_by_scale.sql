-- Could this test have seen a success at this scale: the upper bound of exact match and the items a first success would take.
-- Grain: one row a ladder and scale
-- Key: ladder_id, scale_index
-- Units: upper and expected_exact_match are shares in [0,1]; n_needed in items
-- Reads: resolution, ladder
CREATE OR REPLACE VIEW resolution_by_scale AS
SELECT
    r.ladder_id, l.family, l.task_id, l.task_title, l.axis, r.scale_index, r.scale,
    r.n_items, r.n_successes, r.n_trials, r.n_successes / nullif(r.n_trials, 0) AS observed,
    r.upper, r.expected_exact_match, r.n_needed, r.route, r.n_successes = 0 AS nothing_seen,
    r.n_needed > r.n_items AS out_of_reach
FROM resolution AS r
JOIN ladder AS l ON l.ladder_id = r.ladder_id;

COMMENT ON COLUMN resolution_by_scale.out_of_reach IS 'The first success needs more items than this test has; NULL: n_needed is unknown';
