-- The outputs a person should read: in each run the 20 where exact match and a smooth metric are furthest apart.
-- Grain: one row an output and smooth metric
-- Key: run_id, item_id, repeat, metric
-- Units: exact_match, value and disagreement are shares in [0,1]
-- Reads: score, sample, run, metric
CREATE OR REPLACE VIEW worst_disagreement AS
WITH known AS NOT MATERIALIZED (
    -- no metric has a column before it has been scored
    SELECT * FROM score
    UNION ALL BY NAME
    SELECT NULL::DOUBLE AS exact_match, NULL::DOUBLE AS token_edit_similarity_char, NULL::DOUBLE AS expected_exact_match
    WHERE false
),
-- the 20th largest disagreement of a run, so that only the few rows beyond it are sorted
cut AS NOT MATERIALIZED (
    SELECT
        run_id,
        list_min(max(abs(exact_match - token_edit_similarity_char), 20)) AS by_similarity,
        list_min(max(abs(exact_match - expected_exact_match), 20)) AS by_expectation
    FROM known GROUP BY run_id
),
far AS (
    SELECT
        k.run_id, k.item_id, k.repeat, k.exact_match, 'token_edit_similarity_char' AS metric,
        k.token_edit_similarity_char AS value, abs(k.exact_match - k.token_edit_similarity_char) AS disagreement
    FROM known AS k JOIN cut AS c ON c.run_id = k.run_id
    WHERE abs(k.exact_match - k.token_edit_similarity_char) >= c.by_similarity
    UNION ALL
    SELECT
        k.run_id, k.item_id, k.repeat, k.exact_match, 'expected_exact_match' AS metric,
        k.expected_exact_match AS value, abs(k.exact_match - k.expected_exact_match) AS disagreement
    FROM known AS k JOIN cut AS c ON c.run_id = k.run_id
    WHERE abs(k.exact_match - k.expected_exact_match) >= c.by_expectation
),
worst AS (
    SELECT
        *, row_number() OVER (PARTITION BY run_id, metric ORDER BY disagreement DESC, item_id, repeat) AS disagreement_rank
    FROM far WHERE disagreement > 0
    QUALIFY disagreement_rank <= 20
)
SELECT
    w.run_id, w.item_id, w.repeat, w.metric, coalesce(m.label, w.metric) AS label, w.disagreement_rank,
    CASE WHEN w.exact_match = 0 AND w.metric = 'token_edit_similarity_char' THEN 'nearly right, counted as wrong'
        WHEN w.exact_match = 0 THEN 'likely answer, written wrong'
        ELSE 'right, against the odds' END AS disagreement_kind,
    w.exact_match, w.value, w.disagreement, r.model_id, r.task_id, s.prompt, s.output, s.targets
FROM worst AS w
JOIN sample AS s ON s.run_id = w.run_id AND s.item_id = w.item_id AND s.repeat = w.repeat
JOIN run AS r ON r.run_id = w.run_id
LEFT JOIN metric AS m ON m.name = w.metric;

COMMENT ON COLUMN worst_disagreement.disagreement IS '|exact_match - value|';
COMMENT ON COLUMN worst_disagreement.disagreement_rank IS 'From 1 within run and metric, largest first';
