-- The constants of published scaling laws, with their source.

CREATE TABLE fact_law (
    law VARCHAR NOT NULL, constant VARCHAR NOT NULL, value DOUBLE NOT NULL, unit VARCHAR NOT NULL, meaning VARCHAR NOT NULL, source VARCHAR NOT NULL
);
COMMENT ON TABLE fact_law IS 'One row a constant of a published scaling law. Key: law, constant. The view model_axes reads them.';
COMMENT ON COLUMN fact_law.law IS 'kaplan or chinchilla';
COMMENT ON COLUMN fact_law.unit IS 'parameters, tokens, FLOPs, nats/token, or exponent (no unit)';
