-- Files pulled before, one row a file.
SELECT uri, format, sha256, settings_hash, size_bytes, modified_ns FROM source_file ORDER BY uri;
