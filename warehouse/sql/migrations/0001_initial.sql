-- The first schema. DDL in the subset that DuckDB files and DuckLake share: no keys, indexes, sequences, enums.
-- Declared keys are in the comments and are guarded by the loader (warehouse/keys.py).

CREATE TABLE migration (version INTEGER NOT NULL, name VARCHAR NOT NULL, applied_at TIMESTAMP NOT NULL);
COMMENT ON TABLE migration IS 'One row a schema version this file went through. Key: version.';

CREATE TABLE definition (kind VARCHAR NOT NULL, name VARCHAR NOT NULL, sha256 VARCHAR NOT NULL);
COMMENT ON TABLE definition IS 'One row a view, macro or fact table installed, with the hash of its text. Key: kind, name.';

CREATE TABLE metric (
    name VARCHAR NOT NULL, label VARCHAR NOT NULL, kind VARCHAR NOT NULL, unit VARCHAR NOT NULL, low DOUBLE, high DOUBLE,
    higher_is_better BOOLEAN NOT NULL, needs VARCHAR[] NOT NULL, version INTEGER NOT NULL, tokenization VARCHAR,
    definition VARCHAR NOT NULL, source VARCHAR NOT NULL
);
COMMENT ON TABLE metric IS 'The catalogue of metrics, one row each. Key: name.';
COMMENT ON COLUMN metric.kind IS 'discontinuous (all or nothing), smooth (partial credit) or count (a helper, no score)';
COMMENT ON COLUMN metric.unit IS 'share ([0,1]), edits, tokens or nats/token';
COMMENT ON COLUMN metric.low IS 'Lowest possible value; NULL: unbounded';
COMMENT ON COLUMN metric.high IS 'Highest possible value; NULL: unbounded';
COMMENT ON COLUMN metric.needs IS 'Columns of sample that must be present';
COMMENT ON COLUMN metric.tokenization IS 'Named tokenisation it reads; NULL: none';

CREATE TABLE source_file (
    uri VARCHAR NOT NULL, format VARCHAR NOT NULL, format_version VARCHAR, settings_hash VARCHAR NOT NULL,
    sha256 VARCHAR NOT NULL, size_bytes BIGINT NOT NULL, modified_ns BIGINT,
    n_rows BIGINT NOT NULL, n_quarantined BIGINT NOT NULL, pulled_at TIMESTAMP NOT NULL
);
COMMENT ON TABLE source_file IS 'One row a file pulled. Key: uri. A file whose sha256 and settings_hash are known is not read again.';

CREATE TABLE model_statement (
    model_id VARCHAR NOT NULL, family VARCHAR, seed INTEGER, n_params DOUBLE, n_params_non_embedding DOUBLE, n_params_active DOUBLE,
    train_tokens DOUBLE, train_flops DOUBLE, train_flops_derived BOOLEAN, train_loss DOUBLE, source VARCHAR NOT NULL
);
COMMENT ON TABLE model_statement IS 'What one source says of a model. Key: model_id, source. The table model is derived from it.';
COMMENT ON COLUMN model_statement.source IS 'study or log, in falling order of trust; the facts come last';

CREATE TABLE model (
    model_id VARCHAR NOT NULL, family VARCHAR, seed INTEGER, n_params DOUBLE, n_params_non_embedding DOUBLE, n_params_active DOUBLE,
    train_tokens DOUBLE, train_flops DOUBLE, train_flops_derived BOOLEAN, train_loss DOUBLE, source VARCHAR NOT NULL
);
COMMENT ON TABLE model IS 'One row a model (a checkpoint is a model). Key: model_id. NULL: nobody said; never guessed.';
COMMENT ON COLUMN model.seed IS 'Training replicate at the same scale; NULL: the only one';
COMMENT ON COLUMN model.n_params_active IS 'Parameters used a token; NULL: all of them';
COMMENT ON COLUMN model.train_flops IS 'Training compute in FLOPs';
COMMENT ON COLUMN model.train_flops_derived IS 'true: computed as 6 x parameters used a token x train_tokens (3 x for encoder-decoder models of the facts)';
COMMENT ON COLUMN model.train_loss IS 'nats a token';
COMMENT ON COLUMN model.source IS 'Who said it, most trusted first: study, log, facts, joined by + where they complete one another';

CREATE TABLE run (
    run_id VARCHAR NOT NULL, uri VARCHAR NOT NULL, format VARCHAR NOT NULL, format_version VARCHAR,
    model_id VARCHAR NOT NULL, task_id VARCHAR NOT NULL, n_shots INTEGER, prompting VARCHAR, filter VARCHAR,
    tokenizer VARCHAR, n_samples BIGINT NOT NULL, content_sha256 VARCHAR NOT NULL, flags VARCHAR[], pulled_at TIMESTAMP NOT NULL
);
COMMENT ON TABLE run IS 'One row a log: one model on one task in one setting. Key: run_id.';
COMMENT ON COLUMN run.prompting IS 'direct, cot, ...; NULL: the log did not say';
COMMENT ON COLUMN run.content_sha256 IS 'Hash of the samples as stored; scores and verdicts are recomputed when it changes';

CREATE TABLE item (
    task_id VARCHAR NOT NULL, item_id VARCHAR NOT NULL, "cluster" VARCHAR, category VARCHAR, prompt VARCHAR, targets VARCHAR[]
);
COMMENT ON TABLE item IS 'One row a question of a task. Key: task_id, item_id. Stable across models.';
COMMENT ON COLUMN item."cluster" IS 'Items that share a source (a passage, a template); intervals are clustered by it. NULL: independent';

CREATE TABLE sample (
    run_id VARCHAR NOT NULL, item_id VARCHAR NOT NULL, repeat INTEGER NOT NULL,
    prompt VARCHAR, output VARCHAR, extracted VARCHAR, targets VARCHAR[],
    choices VARCHAR[], choice_logprobs DOUBLE[], choice_n_tokens INTEGER[], gold INTEGER,
    target_logprobs DOUBLE[], target_is_argmax BOOLEAN[], end_logprob DOUBLE,
    target_logprob DOUBLE, n_target_tokens INTEGER, n_target_bytes INTEGER, is_greedy BOOLEAN
);
COMMENT ON TABLE sample IS 'One row an output. Key: run_id, item_id, repeat. NULL: the log did not say; never 0.';
COMMENT ON COLUMN sample.extracted IS 'What the log itself took as the answer';
COMMENT ON COLUMN sample.target_logprobs IS 'nats, one a target token, teacher-forced';
COMMENT ON COLUMN sample.target_is_argmax IS 'One a target token: the model ranked it first, teacher-forced';
COMMENT ON COLUMN sample.end_logprob IS 'nats: log-probability of ending right after the target';
COMMENT ON COLUMN sample.target_logprob IS 'nats, summed over the target';

CREATE TABLE finding (
    stage VARCHAR NOT NULL, severity VARCHAR NOT NULL, kind VARCHAR NOT NULL,
    uri VARCHAR, line BIGINT, run_id VARCHAR, ladder_id VARCHAR,
    reason VARCHAR NOT NULL, action VARCHAR NOT NULL, found_at TIMESTAMP NOT NULL
);
COMMENT ON TABLE finding IS 'Something wrong or doubtful met in the data, and what was done. Replaced when its file or ladder is read again.';
COMMENT ON COLUMN finding.severity IS 'error, warning or note';

CREATE TABLE score (run_id VARCHAR NOT NULL, item_id VARCHAR NOT NULL, repeat INTEGER NOT NULL);
COMMENT ON TABLE score IS 'One row an output, one column a metric (added by the metric registry). Key: run_id, item_id, repeat. NULL: could not be computed.';

CREATE TABLE score_version (
    run_id VARCHAR NOT NULL, metric VARCHAR NOT NULL, version INTEGER NOT NULL, content_sha256 VARCHAR NOT NULL,
    n_scored BIGINT NOT NULL, reason VARCHAR
);
COMMENT ON TABLE score_version IS 'One row a (run, metric) tried: which version, on which content. Key: run_id, metric.';
COMMENT ON COLUMN score_version.reason IS 'Why nothing could be scored, by name of what is missing; NULL: it was';

CREATE TABLE floor (
    run_id VARCHAR NOT NULL, metric VARCHAR NOT NULL, kind VARCHAR NOT NULL, value DOUBLE, n BIGINT NOT NULL, seed BIGINT
);
COMMENT ON TABLE floor IS 'The score a metric gives without the ability. Key: run_id, metric, kind.';
COMMENT ON COLUMN floor.kind IS 'shuffled: outputs against the targets of other items of the run';

CREATE TABLE ladder (
    ladder_id VARCHAR NOT NULL, family VARCHAR NOT NULL, task_id VARCHAR NOT NULL, task_title VARCHAR, axis VARCHAR NOT NULL,
    n_shots INTEGER, prompting VARCHAR, filter VARCHAR,
    n_scales INTEGER NOT NULL, n_runs INTEGER NOT NULL, n_items BIGINT NOT NULL, n_items_dropped BIGINT NOT NULL,
    tokenization VARCHAR NOT NULL, discontinuous_metric VARCHAR NOT NULL, smooth_metric VARCHAR, chance DOUBLE NOT NULL,
    input_hash VARCHAR NOT NULL, analysed_at TIMESTAMP NOT NULL
);
COMMENT ON TABLE ladder IS 'One family x one task x one setting along one scale axis: the unit of a verdict. Key: ladder_id.';
COMMENT ON COLUMN ladder.axis IS 'n_params, n_params_non_embedding, train_tokens, train_flops or train_loss';
COMMENT ON COLUMN ladder.n_items IS 'Items answered at every scale by every run; the paired design uses only these';
COMMENT ON COLUMN ladder.smooth_metric IS 'The smooth metric the verdict rests on; NULL: none could be computed';
COMMENT ON COLUMN ladder.chance IS 'Exact match by guessing, [0,1]';

CREATE TABLE ladder_run (
    ladder_id VARCHAR NOT NULL, run_id VARCHAR NOT NULL, model_id VARCHAR NOT NULL, seed INTEGER,
    scale_index INTEGER NOT NULL, scale DOUBLE NOT NULL
);
COMMENT ON TABLE ladder_run IS 'One row a run of a ladder. Key: ladder_id, run_id. Runs of one scale_index are replicates.';
COMMENT ON COLUMN ladder_run.scale IS 'Value on the ladder''s axis (parameters, tokens, FLOPs, nats)';

CREATE TABLE curve (
    ladder_id VARCHAR NOT NULL, metric VARCHAR NOT NULL, scale_index INTEGER NOT NULL, scale DOUBLE NOT NULL,
    value DOUBLE, se DOUBLE, low DOUBLE, high DOUBLE, n_items BIGINT NOT NULL, n_runs INTEGER NOT NULL, floor DOUBLE, method VARCHAR NOT NULL
);
COMMENT ON TABLE curve IS 'One row a metric at one scale, mean over items and runs, 95 % interval. Key: ladder_id, metric, scale_index.';

CREATE TABLE curve_run (
    ladder_id VARCHAR NOT NULL, metric VARCHAR NOT NULL, run_id VARCHAR NOT NULL, seed INTEGER,
    scale_index INTEGER NOT NULL, scale DOUBLE NOT NULL, value DOUBLE, se DOUBLE, low DOUBLE, high DOUBLE, n_items BIGINT NOT NULL, floor DOUBLE
);
COMMENT ON TABLE curve_run IS 'One row a metric of one run, mean over items, 95 % interval over items only. Key: ladder_id, metric, run_id.';

CREATE TABLE description (
    ladder_id VARCHAR NOT NULL, metric VARCHAR NOT NULL,
    rise DOUBLE, sharpness DOUBLE, sharpness_low DOUBLE, sharpness_high DOUBLE, sharpest_gap INTEGER,
    emergence_score DOUBLE, emergence_score_low DOUBLE, emergence_score_high DOUBLE,
    linearity DOUBLE, linearity_low DOUBLE, linearity_high DOUBLE,
    breakthroughness DOUBLE, breakthroughness_low DOUBLE, breakthroughness_high DOUBLE,
    resamples INTEGER NOT NULL, seed BIGINT NOT NULL, reason VARCHAR
);
COMMENT ON TABLE description IS 'Shape of one metric''s curve, described, never a verdict; 95 % bootstrap intervals. Key: ladder_id, metric.';
COMMENT ON COLUMN description.sharpness IS 'Largest share of the whole rise inside one gap, [0,1]; NULL: no rise to place (see reason)';
COMMENT ON COLUMN description.sharpest_gap IS 'Gap index: between scale_index g and g + 1';

CREATE TABLE change (
    ladder_id VARCHAR NOT NULL, metric VARCHAR NOT NULL, gap_index INTEGER NOT NULL, scale_low DOUBLE NOT NULL, scale_high DOUBLE NOT NULL,
    change DOUBLE, low DOUBLE, high DOUBLE
);
COMMENT ON TABLE change IS 'Change of a metric between neighbouring scales, paired over items, 95 % interval. Key: ladder_id, metric, gap_index.';

CREATE TABLE jump (
    ladder_id VARCHAR NOT NULL, gap_index INTEGER NOT NULL, scale_low DOUBLE NOT NULL, scale_high DOUBLE NOT NULL,
    low DOUBLE, median DOUBLE, high DOUBLE, admissible BOOLEAN NOT NULL
);
COMMENT ON TABLE jump IS 'What each gap still allows as a jump of the smooth metric on top of every smooth curve, in logit. Key: ladder_id, gap_index.';
COMMENT ON COLUMN jump.low IS 'Lower bound under the least favourable smooth family, corrected for the search';
COMMENT ON COLUMN jump.high IS 'Upper bound under the model average';
COMMENT ON COLUMN jump.admissible IS 'Two or more distinct scales lie on either side';

CREATE TABLE compounding (
    ladder_id VARCHAR NOT NULL, run_id VARCHAR NOT NULL, seed INTEGER, scale_index INTEGER NOT NULL, scale DOUBLE NOT NULL,
    observed DOUBLE, token_accuracy DOUBLE, independent DOUBLE,
    own_low DOUBLE, own_high DOUBLE, constant_low DOUBLE, constant_high DOUBLE,
    own_miss DOUBLE, constant_miss DOUBLE, correlation DOUBLE, answer_sd DOUBLE, burst DOUBLE, expected_exact_match DOUBLE
);
COMMENT ON TABLE compounding IS 'Exact match observed against what token accuracy predicts, a run. Key: ladder_id, run_id.';
COMMENT ON COLUMN compounding.independent IS 'mean over answers of token_accuracy ^ length';
COMMENT ON COLUMN compounding.own_low IS 'Band of the two maps with this run''s own error correlation';
COMMENT ON COLUMN compounding.constant_low IS 'Band of the two maps with one error correlation for all scales';
COMMENT ON COLUMN compounding.own_miss IS 'Distance outside the band beyond the tolerance; above 0 the map fails';

CREATE TABLE compounding_length (
    ladder_id VARCHAR NOT NULL, scale_index INTEGER NOT NULL, scale DOUBLE NOT NULL,
    length_low INTEGER NOT NULL, length_high INTEGER NOT NULL, n BIGINT NOT NULL, observed DOUBLE, predicted DOUBLE, expected_exact_match DOUBLE
);
COMMENT ON TABLE compounding_length IS 'The same by answer length, computed a run and then averaged. Key: ladder_id, scale_index, length_low.';

CREATE TABLE resolution (
    ladder_id VARCHAR NOT NULL, scale_index INTEGER NOT NULL, scale DOUBLE NOT NULL,
    n_items BIGINT NOT NULL, n_successes BIGINT NOT NULL, n_trials BIGINT NOT NULL, upper DOUBLE, expected_exact_match DOUBLE, n_needed DOUBLE, route VARCHAR
);
COMMENT ON TABLE resolution IS 'Could this test have seen a success at this scale? Key: ladder_id, scale_index.';
COMMENT ON COLUMN resolution.upper IS '95 % upper bound of exact match (Clopper-Pearson) over all trials';
COMMENT ON COLUMN resolution.n_needed IS 'Items for a 95 % chance of at least one exact answer';
COMMENT ON COLUMN resolution.route IS 'log_likelihood, compounding or NULL where neither is available';

CREATE TABLE forecast (
    ladder_id VARCHAR NOT NULL, n_fitted INTEGER NOT NULL, route VARCHAR NOT NULL, scale_index INTEGER NOT NULL, scale DOUBLE NOT NULL,
    predicted DOUBLE, low DOUBLE, high DOUBLE, observed DOUBLE
);
COMMENT ON TABLE forecast IS 'Exact match at the larger scales forecast from the n_fitted smallest, 90 % interval. Key: ladder_id, n_fitted, route, scale_index.';
COMMENT ON COLUMN forecast.route IS 'smooth: token accuracy pushed through compounding; exact_match: from exact match itself';

CREATE TABLE verdict (
    ladder_id VARCHAR NOT NULL, verdict VARCHAR NOT NULL, kind VARCHAR, reason VARCHAR NOT NULL, lean VARCHAR, needed VARCHAR, scope VARCHAR,
    looks_emergent BOOLEAN, gap_index INTEGER, scale_low DOUBLE, scale_high DOUBLE,
    jump_low DOUBLE, jump_median DOUBLE, jump_high DOUBLE, largest_allowed_jump DOUBLE, allowed_jump_limit DOUBLE,
    smooth_rise DOUBLE, exact_match_rise DOUBLE, run_sd DOUBLE, early_share DOUBLE, own_miss DOUBLE, constant_miss DOUBLE,
    break_tail DOUBLE, break_tail_adjusted DOUBLE, constants JSON NOT NULL, evidence JSON NOT NULL, method_version INTEGER NOT NULL, decided_at TIMESTAMP NOT NULL
);
COMMENT ON TABLE verdict IS 'One row a ladder: the verdict and every number that led to it. Key: ladder_id.';
COMMENT ON COLUMN verdict.verdict IS 'genuine_break, mirage, smooth, smooth_in_logit, structure_change, non_monotone, flat, saturated, resolution_limited or undetermined';
COMMENT ON COLUMN verdict.kind IS 'For non_monotone: u_shaped, inverted_u, inverse or exact_match_falls';
COMMENT ON COLUMN verdict.needed IS 'For undetermined: the data that would settle it';
COMMENT ON COLUMN verdict.jump_low IS 'logit, at the most likely gap';
COMMENT ON COLUMN verdict.largest_allowed_jump IS 'logit: the largest jump any gap still allows';
COMMENT ON COLUMN verdict.allowed_jump_limit IS 'logit: a smooth or mirage verdict needs largest_allowed_jump below this';
COMMENT ON COLUMN verdict.run_sd IS 'logit: estimated spread between training runs';
COMMENT ON COLUMN verdict.break_tail IS 'Posterior tail probability against a break at the most likely gap; break_tail_adjusted: Benjamini-Hochberg over the study';

CREATE TABLE publication (generation BIGINT NOT NULL, published_at TIMESTAMP NOT NULL, n_runs BIGINT NOT NULL, n_ladders BIGINT NOT NULL, program_version VARCHAR NOT NULL);
COMMENT ON TABLE publication IS 'One row a published snapshot. Key: generation.';

CREATE TABLE publication_verdict (generation BIGINT NOT NULL, ladder_id VARCHAR NOT NULL, verdict VARCHAR NOT NULL, input_hash VARCHAR NOT NULL);
COMMENT ON TABLE publication_verdict IS 'One row a ladder in a published snapshot. Key: generation, ladder_id.';

CREATE TABLE fact_model (
    model_id VARCHAR NOT NULL, family VARCHAR NOT NULL, kind VARCHAR NOT NULL, architecture VARCHAR NOT NULL,
    n_params DOUBLE, n_params_non_embedding DOUBLE, n_params_active DOUBLE, train_tokens DOUBLE, train_flops DOUBLE,
    release_date DATE, checked BOOLEAN NOT NULL, source VARCHAR NOT NULL
);
COMMENT ON TABLE fact_model IS 'One row a published model. Key: model_id. NULL: not published or not known.';
COMMENT ON COLUMN fact_model.kind IS 'base, instruct, code or moe (mixture of experts)';
COMMENT ON COLUMN fact_model.architecture IS 'decoder, encoder or encoder_decoder';
COMMENT ON COLUMN fact_model.n_params_active IS 'Parameters used a token, for mixtures of experts; NULL: all of them';
COMMENT ON COLUMN fact_model.train_flops IS 'As published; NULL: derive it';
COMMENT ON COLUMN fact_model.checked IS 'Every figure was read in the source named; false: at least one is from memory';

CREATE TABLE fact_alias (alias VARCHAR NOT NULL, model_id VARCHAR NOT NULL);
COMMENT ON TABLE fact_alias IS 'One row a name under which a published model is known, in lower case. Key: alias.';

CREATE TABLE fact_claim (
    claim_id VARCHAR NOT NULL, claim_kind VARCHAR NOT NULL, ability VARCHAR NOT NULL, suite VARCHAR, prompting VARCHAR, family VARCHAR,
    threshold_params DOUBLE, threshold_train_flops DOUBLE, metric VARCHAR, chance DOUBLE, value DOUBLE, checked BOOLEAN NOT NULL, source VARCHAR NOT NULL
);
COMMENT ON TABLE fact_claim IS 'One row a published statement on how an ability scales. Key: claim_id.';
COMMENT ON COLUMN fact_claim.claim_kind IS 'emergent, smooth, flat, u-shaped, inverse, positive, critique, count or measurement';
COMMENT ON COLUMN fact_claim.threshold_params IS 'Smallest model of the family said to have the ability, parameters';
COMMENT ON COLUMN fact_claim.threshold_train_flops IS 'The same in training FLOPs';
COMMENT ON COLUMN fact_claim.value IS 'For counts and measurements: the figure';
