-- Claims of a file from before it was read now, and any that came true. Parameters: stage, uri, now.
DELETE FROM finding
WHERE stage = $stage
    AND ((uri = $uri AND found_at <> $now)
        OR EXISTS (FROM run WHERE run.run_id = finding.run_id AND run.uri = finding.uri));
