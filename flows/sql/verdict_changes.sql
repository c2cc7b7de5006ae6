-- Verdicts that differ from the generation before: change, task, family, verdict before, verdict now.
SELECT c.change, coalesce(l.task_title, l.task_id), l.family, c.verdict_before, c.verdict_now
FROM verdict_change AS c LEFT JOIN ladder AS l USING (ladder_id)
WHERE c.change <> 'data'
ORDER BY l.family, l.task_id, c.ladder_id;
