-- Files that brought a run which another file held, and which no file holds any more: they are to be read again.
SELECT DISTINCT uri FROM finding
WHERE kind = 'run_taken' AND uri IS NOT NULL AND run_id IS NOT NULL AND run_id NOT IN (SELECT run_id FROM run)
ORDER BY uri;
