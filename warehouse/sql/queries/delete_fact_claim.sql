-- Every row of fact_claim.
DELETE FROM fact_claim;
