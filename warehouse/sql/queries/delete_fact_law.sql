-- Every row of fact_law.
DELETE FROM fact_law;
