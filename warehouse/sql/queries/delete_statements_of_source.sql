-- All that a source said of models. Parameter: source.
DELETE FROM model_statement WHERE source = $source;
