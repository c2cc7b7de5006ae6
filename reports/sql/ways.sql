-- Exact match of the same task asked in other ways: ladders of one family, axis and filter whose tasks have one name but for
-- the way of asking (chain and chain_cot), or that differ in prompting or number of examples. This ladder's way first.
-- Grain: one row a ladder, way and scale. Parameters: ladder_ids.
WITH named AS (
    SELECT
        *, regexp_replace(lower(task_id), '[_-](cot|direct|zeroshot|fewshot|[0-9]+[_-]?shot)', '', 'g') AS base,
        coalesce(task_title, task_id) AS title, coalesce(filter, '') AS kept
    FROM ladder
),
pair AS (
    SELECT a.ladder_id, b.ladder_id AS other_id, b.title, b.prompting, b.n_shots, a.ladder_id = b.ladder_id AS is_own,
        count(DISTINCT b.title) OVER (PARTITION BY a.ladder_id) > 1 AS titles_differ,
        count(DISTINCT coalesce(b.prompting, '')) OVER (PARTITION BY a.ladder_id) > 1 AS promptings_differ,
        count(DISTINCT coalesce(b.n_shots, -1)) OVER (PARTITION BY a.ladder_id) > 1 AS shots_differ
    FROM named AS a
    JOIN named AS b ON b.family = a.family AND b.axis = a.axis AND b.base = a.base AND b.kept = a.kept
    WHERE a.ladder_id IN (SELECT unnest($ladder_ids::VARCHAR[]))
),
way AS (
    SELECT
        ladder_id, other_id, is_own,
        row_number() OVER (PARTITION BY ladder_id ORDER BY is_own DESC, title, prompting, n_shots, other_id) AS place,
        concat_ws(', ', CASE WHEN titles_differ THEN title END, CASE WHEN promptings_differ THEN prompting END,
            CASE WHEN shots_differ AND n_shots IS NOT NULL THEN n_shots || ' examples' END) AS way
    FROM pair
    WHERE titles_differ OR promptings_differ OR shots_differ
    QUALIFY place <= 4
)
SELECT
    w.ladder_id, w.place::INTEGER AS place, w.is_own, CASE w.way WHEN '' THEN w.other_id ELSE w.way END AS way,
    c.scale_index, c.scale, c.value, c.low, c.high
FROM way AS w
JOIN ladder AS l ON l.ladder_id = w.other_id
JOIN curve AS c ON c.ladder_id = w.other_id AND c.metric = l.discontinuous_metric
ORDER BY w.ladder_id, w.place, c.scale_index;
