-- Raw outputs of a few items of each ladder, drawn by the hash of task and item: the same items at every scale, seed and build.
-- Items answered by more runs come first; texts are cut. Grain: one row a ladder, item and run.
-- Parameters: ladder_ids, n_items, n_characters.
WITH answer AS (
    SELECT lr.ladder_id, lr.run_id, s.item_id, r.task_id, s.prompt, s.output, s.targets[1] AS target, c.exact_match
    FROM ladder_run AS lr
    JOIN run AS r ON r.run_id = lr.run_id
    JOIN sample AS s ON s.run_id = lr.run_id
    LEFT JOIN score AS c ON c.run_id = s.run_id AND c.item_id = s.item_id AND c.repeat = s.repeat
    WHERE lr.ladder_id IN (SELECT unnest($ladder_ids::VARCHAR[])) AND len(s.targets) > 0
    QUALIFY row_number() OVER (PARTITION BY lr.ladder_id, lr.run_id, s.item_id ORDER BY s.repeat) = 1
),
drawn AS (
    SELECT
        ladder_id, item_id,
        row_number() OVER (PARTITION BY ladder_id ORDER BY count(*) DESC, md5(any_value(task_id) || ':' || item_id)) AS place
    FROM answer
    GROUP BY ladder_id, item_id
    QUALIFY place <= $n_items
)
SELECT a.ladder_id, d.place - 1 AS place, a.item_id, a.run_id,
    left(a.prompt, $n_characters) AS prompt, left(a.target, $n_characters) AS target, left(a.output, $n_characters) AS output,
    length(a.output) AS output_length, a.output = a.target AS output_is_target, a.exact_match = 1 AS exact
FROM answer AS a
JOIN drawn AS d ON d.ladder_id = a.ladder_id AND d.item_id = a.item_id
ORDER BY a.ladder_id, d.place, a.run_id;
