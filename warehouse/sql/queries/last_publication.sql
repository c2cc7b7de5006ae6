-- The newest publication: generation and time.
SELECT generation, published_at FROM publication ORDER BY generation DESC LIMIT 1;
