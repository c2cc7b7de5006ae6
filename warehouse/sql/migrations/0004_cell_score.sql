-- Metrics of a run as a whole, and the choices' log-probabilities without the question.

CREATE TABLE cell_score (
    run_id VARCHAR NOT NULL, metric VARCHAR NOT NULL, version INTEGER NOT NULL,
    value DOUBLE, se DOUBLE, low DOUBLE, high DOUBLE, n BIGINT NOT NULL, reason VARCHAR
);
COMMENT ON TABLE cell_score IS 'One row a metric of a run as a whole (pass at k, calibration error, corpus BLEU). Key: run_id, metric.';
COMMENT ON COLUMN cell_score.value IS 'In the metric''s unit; NULL: the run has none (see reason)';
COMMENT ON COLUMN cell_score.se IS 'Standard error over items, in the metric''s unit; NULL: fewer than two items';
COMMENT ON COLUMN cell_score.low IS '95 % interval over items, inside the metric''s bounds';
COMMENT ON COLUMN cell_score.high IS '95 % interval over items, inside the metric''s bounds';
COMMENT ON COLUMN cell_score.n IS 'Outputs (or items, where the definition counts items) it rests on';
COMMENT ON COLUMN cell_score.reason IS 'Why there is no value, by name of what is missing; NULL: there is one';

ALTER TABLE metric ADD COLUMN grain VARCHAR;
COMMENT ON COLUMN metric.grain IS 'output: one score an output (table score); run: one score a run (table cell_score)';

ALTER TABLE sample ADD COLUMN choice_unconditional_logprobs DOUBLE[];
COMMENT ON COLUMN sample.choice_unconditional_logprobs IS 'nats, one a choice: log-probability of its text without the question';
