-- Every ladder that is stored, with the hash of what it was computed from.
SELECT ladder_id, input_hash FROM ladder ORDER BY ladder_id;
