-- One text that is equal for two warehouses with equal content; publications and times of finding do not count.
SELECT concat_ws(' ',
    (SELECT sum(hash(uri, sha256, settings_hash)::HUGEINT) FROM source_file),
    (SELECT sum(hash(run_id, uri, content_sha256)::HUGEINT) FROM run),
    (SELECT sum(hash(COLUMNS(*))::HUGEINT) FROM (SELECT hash(model) AS h FROM model)),
    (SELECT sum(hash(run_id, metric, version, content_sha256)::HUGEINT) FROM score_version),
    (SELECT sum(hash(run_id, metric, version)::HUGEINT) FROM cell_score),
    (SELECT sum(hash(l.ladder_id, l.input_hash, l.analysed_at, v.verdict, v.break_tail_adjusted)::HUGEINT)
        FROM ladder AS l LEFT JOIN verdict AS v USING (ladder_id)),
    (SELECT sum(hash(stage, severity, kind, uri, line, run_id, ladder_id, reason, action)::HUGEINT) FROM finding),
    (SELECT sum(hash(name, version)::HUGEINT) FROM metric),
    (SELECT sum(hash(kind, name, sha256)::HUGEINT) FROM definition)
);
