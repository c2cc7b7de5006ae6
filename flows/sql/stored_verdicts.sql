-- Verdicts of these ladders, whole.
SELECT * FROM verdict WHERE ladder_id IN (SELECT unnest($ladder_ids::VARCHAR[])) ORDER BY ladder_id;
