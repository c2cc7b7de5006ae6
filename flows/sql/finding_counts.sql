-- Findings by severity and kind, with one example each.
SELECT severity, kind, count(*) AS n, arg_min(reason, coalesce(uri, '') || coalesce(line::VARCHAR, '')) AS example,
    arg_min(coalesce(uri, ladder_id, run_id), coalesce(uri, '') || coalesce(line::VARCHAR, '')) AS place,
    arg_min(action, coalesce(uri, '') || coalesce(line::VARCHAR, '')) AS action
FROM finding
GROUP BY severity, kind
ORDER BY CASE severity WHEN 'error' THEN 0 WHEN 'warning' THEN 1 ELSE 2 END, n DESC, kind;
