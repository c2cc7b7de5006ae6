-- Outputs of a run with their scores, repeats of an item together. Parameters: run_id; graded: whether the score is
-- the grade of choices, else the exact match.
SELECT
    s.item_id, s.repeat, coalesce(s.prompt, i.prompt) AS prompt, s.output, s.extracted,
    coalesce(s.targets, i.targets) AS targets, s.choices, s.choice_logprobs, s.gold,
    CASE WHEN $graded THEN c.multiple_choice_grade ELSE c.exact_match END AS score
FROM sample AS s
JOIN run AS r USING (run_id)
LEFT JOIN item AS i ON i.task_id = r.task_id AND i.item_id = s.item_id
LEFT JOIN score AS c ON c.run_id = s.run_id AND c.item_id = s.item_id AND c.repeat = s.repeat
WHERE s.run_id = $run_id
ORDER BY s.item_id, s.repeat;
