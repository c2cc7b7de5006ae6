-- What the study said of models when it was last read, by model.
SELECT model_id, family, seed, n_params, n_params_non_embedding, train_tokens, train_flops, train_flops_derived,
    train_loss, source
FROM model_statement WHERE source = 'study' ORDER BY model_id;
