-- Which of these runs are stored from another file. Parameters: run_ids, uri.
SELECT run_id, uri, content_sha256 FROM run
WHERE uri <> $uri AND run_id IN (SELECT unnest($run_ids::VARCHAR[]))
ORDER BY run_id;
