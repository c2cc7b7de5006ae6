-- The bytes of a file are known, but its size on disk or a time are not.
-- Parameters: uri, size_bytes, modified_ns, beside_stamp.
UPDATE source_file SET size_bytes = $size_bytes, modified_ns = $modified_ns, beside_stamp = $beside_stamp
WHERE uri = $uri;
