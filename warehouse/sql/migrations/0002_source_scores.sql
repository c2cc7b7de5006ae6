-- The scores that logs state of themselves, beside the same recomputed; and what a file was read together with.

CREATE TABLE source_score (
    uri VARCHAR NOT NULL, run_id VARCHAR NOT NULL, subset VARCHAR, metric VARCHAR NOT NULL,
    model_id VARCHAR, task_id VARCHAR, n_shots INTEGER, prompting VARCHAR, filter VARCHAR,
    value DOUBLE NOT NULL, se DOUBLE, n_items BIGINT, recomputed DOUBLE, agrees BOOLEAN, route VARCHAR, our_metric VARCHAR
);
COMMENT ON TABLE source_score IS 'One row a score that a log states of itself, in the log''s own unit; never mixed with ours. Key: uri, run_id, subset, metric.';
COMMENT ON COLUMN source_score.uri IS 'The file that states it, or whose rows it was recomputed from';
COMMENT ON COLUMN source_score.run_id IS 'The run that it is of; not in table run where the log holds no outputs of it';
COMMENT ON COLUMN source_score.subset IS 'Split, subtask or scorer; NULL: the whole';
COMMENT ON COLUMN source_score.metric IS 'The log''s own name of it';
COMMENT ON COLUMN source_score.value IS 'The log''s own number, in its unit (shares or percent)';
COMMENT ON COLUMN source_score.n_items IS 'Items it is over, as the log says; NULL: it does not';
COMMENT ON COLUMN source_score.recomputed IS 'The same number from the rows that were read; NULL: it could not be recomputed';
COMMENT ON COLUMN source_score.agrees IS 'value and recomputed are within 1e-6 of each other; NULL: there was nothing to compare';
COMMENT ON COLUMN source_score.route IS 'What it was recomputed from: outputs, or item_scores (the log''s own scores of single items)';
COMMENT ON COLUMN source_score.our_metric IS 'Metric of this program with the same definition; NULL: none has it';

ALTER TABLE source_file ADD COLUMN beside_stamp VARCHAR;
ALTER TABLE source_file ADD COLUMN beside_sha256 VARCHAR;
COMMENT ON COLUMN source_file.beside_stamp IS 'Names, sizes and times of the files it was read together with; NULL: none';
COMMENT ON COLUMN source_file.beside_sha256 IS 'Hash of their bytes; NULL: none';
