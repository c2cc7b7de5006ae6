-- Verdicts that the last snapshot does not have, or has otherwise.
SELECT count(*), min(v.ladder_id)
FROM verdict AS v
JOIN ladder AS l USING (ladder_id)
LEFT JOIN publication_verdict AS p
    ON p.ladder_id = v.ladder_id AND p.generation = (SELECT max(generation) FROM publication)
WHERE p.verdict IS DISTINCT FROM v.verdict OR p.input_hash IS DISTINCT FROM l.input_hash;
