-- Published claims that name the task of a ladder, against the thresholds measured on it, metric by metric.
-- Grain: one row a ladder, claim, metric and level of its threshold
-- Key: ladder_id, claim_id, metric, level
-- Units: claimed, measured, low and high on the ladder's axis; decades_after_claim in decades of it
-- Reads: ladder, fact_claim, threshold, verdict
CREATE OR REPLACE VIEW claim_against_threshold AS
SELECT
    l.ladder_id, l.family, l.task_id, l.axis, c.claim_id, c.claim_kind, c.ability, c.suite,
    c.family AS claimed_family, coalesce(lower(c.family) = lower(l.family), false) AS same_family,
    t.metric, CASE t.metric WHEN l.discontinuous_metric THEN 'discontinuous' WHEN l.smooth_metric THEN 'smooth' END AS role,
    t.level,
    CASE l.axis WHEN 'n_params' THEN c.threshold_params WHEN 'train_flops' THEN c.threshold_train_flops END AS claimed,
    t.scale AS measured, t.low, t.high, t.reason,
    CASE WHEN t.scale IS NOT NULL AND claimed IS NOT NULL
        THEN claimed >= coalesce(t.low, 0) AND claimed <= coalesce(t.high, 'infinity'::DOUBLE) END AS claim_in_interval,
    log10(t.scale / claimed) AS decades_after_claim, v.verdict, c.checked, c.source
FROM ladder AS l
JOIN fact_claim AS c
    ON c.claim_kind NOT IN ('count', 'critique', 'measurement')
    AND claim_names_task(c.ability, c.suite, l.task_id, l.task_title)
JOIN threshold AS t ON t.ladder_id = l.ladder_id
LEFT JOIN verdict AS v ON v.ladder_id = l.ladder_id;

COMMENT ON COLUMN claim_against_threshold.same_family IS 'The claim is about this ladder''s family; else it is about another, and the scales do not compare';
COMMENT ON COLUMN claim_against_threshold.claimed IS 'Smallest scale said to have the ability; NULL: the claim gives none on this axis';
COMMENT ON COLUMN claim_against_threshold.measured IS 'Where the metric gets there; NULL: it never does (see reason)';
COMMENT ON COLUMN claim_against_threshold.claim_in_interval IS 'The claimed scale lies in the interval of the measured one; an end that is NULL is open';
COMMENT ON COLUMN claim_against_threshold.decades_after_claim IS 'Negative: the metric gets there before the scale claimed';
