-- Whether there are as many staged scores as samples of these runs. Parameter: run_ids.
SELECT (SELECT count(*) FROM staged_scores)
    = (SELECT sum(n_samples) FROM run WHERE run_id IN (SELECT unnest($run_ids::VARCHAR[])));
