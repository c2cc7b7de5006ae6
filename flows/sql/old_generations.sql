-- How many verdicts belong to publications before the newest ones. Parameter: kept.
SELECT count(*) FROM publication_verdict
WHERE generation <= (SELECT max(generation) FROM publication) - $kept;
