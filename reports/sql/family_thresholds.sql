-- Since which scale the ladders of a family move: where exact match and edit similarity leave their floors for good.
-- Grain: one row a family and axis.
WITH asked AS (
    SELECT l.ladder_id, l.family, l.axis, l.discontinuous_metric AS metric, 'exact' AS role FROM ladder AS l
    UNION ALL
    SELECT l.ladder_id, l.family, l.axis, 'token_edit_similarity_' || l.tokenization, 'partial' FROM ladder AS l
),
placed AS (
    SELECT a.*, t.scale
    FROM asked AS a
    LEFT JOIN threshold AS t ON t.ladder_id = a.ladder_id AND t.metric = a.metric AND t.level = 'leaves_floor'
),
paired AS (
    SELECT
        family, axis, ladder_id,
        max(scale) FILTER (WHERE role = 'exact') AS exact, max(scale) FILTER (WHERE role = 'partial') AS partial
    FROM placed
    GROUP BY family, axis, ladder_id
)
SELECT
    family, axis, count(*) AS n_ladders,
    count(exact) AS n_exact, median(exact) AS exact_median, min(exact) AS exact_least, max(exact) AS exact_most,
    count(partial) AS n_partial, median(partial) AS partial_median, min(partial) AS partial_least, max(partial) AS partial_most,
    count(exact) FILTER (WHERE partial < exact) AS n_earlier, count(exact + partial) AS n_both,
    median(log10(exact / partial)) AS decades_earlier
FROM paired
GROUP BY family, axis
ORDER BY family, axis;
