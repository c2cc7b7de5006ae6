-- Keep the verdicts of a generation. Parameter: generation.
INSERT INTO publication_verdict
SELECT ?::BIGINT, v.ladder_id, v.verdict, l.input_hash FROM verdict AS v JOIN ladder AS l USING (ladder_id);
