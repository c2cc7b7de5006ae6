-- Ladders under each verdict. Grain: one row a verdict.
SELECT verdict, count(*) AS n_ladders FROM verdict GROUP BY verdict ORDER BY verdict;
