-- The bytes of a file are known, but its size on disk or its time are not. Parameters: uri, size_bytes, modified_ns.
UPDATE source_file SET size_bytes = $size_bytes, modified_ns = $modified_ns WHERE uri = $uri;
