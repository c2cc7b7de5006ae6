-- One row a model that a source speaks of: every field from the most trusted source that fills it.
INSERT INTO model BY NAME
WITH said AS (
    SELECT *, CASE source WHEN 'study' THEN 0 WHEN 'log' THEN 1 ELSE 2 END AS distrust FROM model_statement
),
merged AS (
    SELECT
        model_id,
        arg_min(family, distrust) AS family,
        arg_min(seed, distrust) AS seed,
        arg_min(n_params, distrust) AS n_params,
        arg_min(n_params_non_embedding, distrust) AS n_params_non_embedding,
        arg_min(n_params_active, distrust) AS n_params_active,
        arg_min(train_tokens, distrust) AS train_tokens,
        arg_min(train_flops, distrust) AS train_flops,
        arg_min(coalesce(train_flops_derived, false), distrust) FILTER (WHERE train_flops IS NOT NULL) AS train_flops_derived,
        arg_min(train_loss, distrust) AS train_loss,
        string_agg(source, '+' ORDER BY distrust) AS source
    FROM said
    GROUP BY model_id
)
SELECT
    * REPLACE (
        coalesce(train_flops, 6 * coalesce(n_params_active, n_params) * train_tokens) AS train_flops,
        CASE WHEN train_flops IS NOT NULL THEN train_flops_derived
            WHEN coalesce(n_params_active, n_params) * train_tokens IS NOT NULL THEN true END AS train_flops_derived
    )
FROM merged;
