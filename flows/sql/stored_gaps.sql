-- The scales beside every gap of these ladders.
SELECT ladder_id, gap_index, scale_low, scale_high FROM jump WHERE ladder_id IN (SELECT unnest($ladder_ids::VARCHAR[]));
