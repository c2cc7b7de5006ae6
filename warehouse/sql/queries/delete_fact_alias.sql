-- Every row of fact_alias.
DELETE FROM fact_alias;
