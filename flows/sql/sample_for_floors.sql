-- Samples whose items fall into a share of all, the same ones each time. Parameters: paths (Parquet), share (of a million).
SELECT * FROM read_parquet($paths) WHERE md5_number_lower(item_id) % 1000000 < $share;
