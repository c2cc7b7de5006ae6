-- Models of runs whose scale nobody has said.
SELECT count(*), min(model_id) FROM unknown_model;
