-- Note what is not to be read again, once. Parameters: kind, pattern, now.
INSERT INTO forgotten
SELECT $kind, $pattern, $now WHERE NOT EXISTS (FROM forgotten WHERE kind = $kind AND pattern = $pattern);
