-- Samples of some runs, from near_sample (``warehouse.places``). Parameter: run_ids.
SELECT s.* FROM near_sample AS s WHERE s.run_id IN (SELECT unnest($run_ids::VARCHAR[]));
