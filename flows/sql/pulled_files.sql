-- Files pulled before, one row a file.
SELECT uri, format, sha256, settings_hash, size_bytes, modified_ns, beside_stamp, beside_sha256 FROM source_file ORDER BY uri;
