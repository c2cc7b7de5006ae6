-- Names under which published models are known, in lower case, with the model that each is.
SELECT alias, model_id FROM fact_alias ORDER BY alias;
