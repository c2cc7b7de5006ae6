-- Every row of fact_model.
DELETE FROM fact_model;
