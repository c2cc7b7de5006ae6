-- Ladders that have no verdict.
SELECT count(*), min(ladder_id) FROM ladder ANTI JOIN verdict USING (ladder_id);
