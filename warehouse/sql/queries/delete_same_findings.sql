-- Findings of the same stage about the same file, run and ladder as the staged ones.
DELETE FROM finding
WHERE EXISTS (
    FROM staged_rows AS s
    WHERE s.stage = finding.stage
        AND s.uri IS NOT DISTINCT FROM finding.uri
        AND s.run_id IS NOT DISTINCT FROM finding.run_id
        AND s.ladder_id IS NOT DISTINCT FROM finding.ladder_id
);
