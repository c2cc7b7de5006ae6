-- Files that brought a run which another file held, and which none holds any more: to be read again. Parameter: stage.
SELECT DISTINCT uri FROM finding
WHERE stage = $stage AND uri IS NOT NULL AND run_id IS NOT NULL AND run_id NOT IN (SELECT run_id FROM run)
ORDER BY uri;
