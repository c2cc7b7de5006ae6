-- Every change of a verdict between neighbouring publications, the newest first; ladders that came or went are changes too.
-- Grain: one row a publication and ladder. Parameters: most.
WITH step AS (
    SELECT generation, lag(generation) OVER (ORDER BY generation) AS before, published_at FROM publication
),
now AS (
    SELECT s.generation, s.published_at, v.ladder_id, v.verdict
    FROM step AS s JOIN publication_verdict AS v ON v.generation = s.generation
),
earlier AS (
    SELECT s.generation, s.published_at, v.ladder_id, v.verdict
    FROM step AS s JOIN publication_verdict AS v ON v.generation = s.before
)
SELECT
    coalesce(n.generation, e.generation) AS generation, coalesce(n.published_at, e.published_at) AS published_at,
    coalesce(n.ladder_id, e.ladder_id) AS ladder_id, e.verdict AS verdict_before, n.verdict AS verdict_now
FROM now AS n
FULL JOIN earlier AS e ON e.generation = n.generation AND e.ladder_id = n.ladder_id
WHERE n.verdict IS DISTINCT FROM e.verdict
ORDER BY generation DESC, ladder_id
LIMIT $most;
