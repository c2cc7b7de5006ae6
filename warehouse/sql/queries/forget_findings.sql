-- Findings of a stage, about one file or ladder where given. Parameters: stage, uri, ladder_id.
DELETE FROM finding
WHERE stage = $stage
    AND ($uri::VARCHAR IS NULL OR uri = $uri)
    AND ($ladder_id::VARCHAR IS NULL OR ladder_id = $ladder_id);
