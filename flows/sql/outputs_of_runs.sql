-- What the outputs of some runs say of single target tokens, from near_sample (``warehouse.places``). Parameter: run_ids.
SELECT run_id, item_id, repeat, output, targets, target_is_argmax, target_logprobs::FLOAT[] AS target_logprobs
FROM near_sample
WHERE run_id IN (SELECT unnest($run_ids::VARCHAR[]));
