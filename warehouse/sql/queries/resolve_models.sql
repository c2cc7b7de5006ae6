-- One row a model that a run or a source names: every field from the most trusted source that fills it.
INSERT INTO model BY NAME
WITH named AS (
    SELECT model_id FROM run
    UNION
    SELECT model_id FROM model_statement
),
fact AS (
    SELECT n.model_id, f.* EXCLUDE (model_id)
    FROM named AS n
    -- folder names of logs hold two underscores in place of the slash
    JOIN fact_alias AS a ON a.alias = lower(replace(n.model_id, '__', '/'))
    JOIN fact_model AS f ON f.model_id = a.model_id
),
said AS (
    SELECT
        model_id, family, seed, n_params, n_params_non_embedding, n_params_active, train_tokens, train_flops,
        coalesce(train_flops_derived, false) AS train_flops_derived, train_loss, source,
        CASE source WHEN 'study' THEN 0 WHEN 'log' THEN 1 ELSE 2 END AS distrust
    FROM model_statement
    UNION ALL BY NAME
    SELECT
        model_id, family, n_params, n_params_non_embedding, n_params_active, train_tokens, train_flops,
        false AS train_flops_derived, 'facts' AS source, 3 AS distrust
    FROM fact
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
        arg_min(train_flops, distrust) AS stated_flops,
        arg_min(train_flops_derived, distrust) FILTER (WHERE train_flops IS NOT NULL) AS stated_derived,
        -- compute stated for the finished model says nothing of a checkpoint that a more trusted source gives tokens for
        coalesce(
            min(distrust) FILTER (WHERE train_flops IS NOT NULL) <= min(distrust) FILTER (WHERE train_tokens IS NOT NULL)
                OR arg_min(train_tokens, distrust) = arg_min(train_tokens, distrust) FILTER (WHERE train_flops IS NOT NULL),
            true
        ) AS flops_fit_tokens,
        arg_min(train_loss, distrust) AS train_loss,
        string_agg(source, '+' ORDER BY distrust) AS source
    FROM said
    GROUP BY model_id
),
derived AS (
    SELECT
        m.*,
        CASE WHEN f.architecture = 'encoder_decoder' THEN 3 ELSE 6 END
            * coalesce(m.n_params_active, m.n_params, m.n_params_non_embedding) * m.train_tokens AS derived_flops
    FROM merged AS m LEFT JOIN fact AS f ON f.model_id = m.model_id
)
SELECT
    model_id, family, seed, n_params, n_params_non_embedding, n_params_active, train_tokens,
    CASE WHEN flops_fit_tokens THEN coalesce(stated_flops, derived_flops) ELSE derived_flops END AS train_flops,
    CASE WHEN flops_fit_tokens AND stated_flops IS NOT NULL THEN stated_derived
        WHEN derived_flops IS NOT NULL THEN true END AS train_flops_derived,
    train_loss, source
FROM derived;
