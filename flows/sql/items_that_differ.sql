-- Tasks with items whose targets are not the same in all runs, with one such item and two runs.
WITH told AS NOT MATERIALIZED (
    SELECT r.task_id, s.item_id, hash(s.targets) AS targets, s.run_id
    FROM sample AS s JOIN run AS r USING (run_id)
    WHERE s.targets IS NOT NULL
),
differing AS (
    SELECT task_id, item_id, arg_min(run_id, targets) AS one_run, arg_max(run_id, targets) AS other_run
    FROM told
    GROUP BY task_id, item_id
    HAVING min(targets) <> max(targets)
)
SELECT
    task_id, count(*) AS n_items, (SELECT count(DISTINCT item_id) FROM told WHERE told.task_id = d.task_id) AS n_all,
    min(item_id) AS item_id, arg_min(one_run, item_id) AS one_run, arg_min(other_run, item_id) AS other_run
FROM differing AS d
GROUP BY task_id
ORDER BY task_id;
