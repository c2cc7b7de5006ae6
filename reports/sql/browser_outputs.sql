-- Raw outputs of a few items of each ladder, drawn by the hash of task and item: the same items at every scale, seed and build.
-- Items answered by more runs come first; texts are cut; of repeats the first counts.
-- output_length: whole length of an output that is cut or that exact match judges otherwise than equality does; NULL: the
-- text tells everything. Grain: one row a ladder, item and run. Parameters: ladder_ids, n_items, n_characters.
WITH asked AS (
    SELECT lr.ladder_id, lr.run_id, r.task_id
    FROM ladder_run AS lr
    JOIN run AS r ON r.run_id = lr.run_id
    WHERE lr.ladder_id IN (SELECT unnest($ladder_ids::VARCHAR[]))
),
drawn AS (
    SELECT
        a.ladder_id, s.item_id,
        row_number() OVER (
            PARTITION BY a.ladder_id ORDER BY count(DISTINCT a.run_id) DESC, md5(any_value(a.task_id) || ':' || s.item_id)
        ) AS place
    FROM asked AS a
    JOIN sample AS s ON s.run_id = a.run_id
    WHERE len(s.targets) > 0
    GROUP BY a.ladder_id, s.item_id
    QUALIFY place <= $n_items
),
answer AS (
    SELECT
        d.ladder_id, d.place, d.item_id, s.run_id, s.repeat, s.prompt, s.output, s.targets[1] AS target
    FROM drawn AS d
    JOIN asked AS a ON a.ladder_id = d.ladder_id
    JOIN sample AS s ON s.run_id = a.run_id AND s.item_id = d.item_id AND len(s.targets) > 0
    WHERE s.repeat = (SELECT min(t.repeat) FROM sample AS t WHERE t.run_id = s.run_id AND t.item_id = s.item_id)
)
SELECT
    a.ladder_id, a.place - 1 AS place, a.item_id, a.run_id, left(a.prompt, $n_characters) AS prompt,
    left(a.target, $n_characters) AS target, left(a.output, $n_characters) AS output, coalesce(c.exact_match = 1, false) AS exact,
    CASE
        WHEN length(a.output) > $n_characters OR coalesce(c.exact_match = 1, false) <> coalesce(a.output = a.target, false)
            THEN length(a.output)
    END AS output_length
FROM answer AS a
LEFT JOIN score AS c ON c.run_id = a.run_id AND c.item_id = a.item_id AND c.repeat = a.repeat
ORDER BY a.ladder_id, a.place, a.run_id;
