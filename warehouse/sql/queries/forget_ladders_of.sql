-- Ladders that one of these runs is part of. Parameter: run_ids.
SELECT DISTINCT ladder_id FROM ladder_run WHERE run_id IN (SELECT unnest($run_ids::VARCHAR[])) ORDER BY ladder_id;
