-- Scores under an earlier version of their metric than the catalogue has.
SELECT count(*), min(v.run_id || ', ' || v.metric || ': ' || v.version || ' of ' || m.version)
FROM score_version AS v JOIN metric AS m ON m.name = v.metric
WHERE v.version < m.version;
