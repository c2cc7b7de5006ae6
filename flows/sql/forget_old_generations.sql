-- Verdicts of publications before the newest ones. Parameter: kept.
DELETE FROM publication_verdict
WHERE generation <= (SELECT max(generation) FROM publication) - $kept;
