-- Record the next publication. Parameters: time, program version. Returns the generation.
INSERT INTO publication
SELECT
    (SELECT coalesce(max(generation), 0) + 1 FROM publication),
    ?::TIMESTAMP,
    (SELECT count(*) FROM run),
    (SELECT count(*) FROM ladder),
    ?::VARCHAR
RETURNING generation;
