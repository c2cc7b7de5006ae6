-- Verdicts on ladders of which a run has been pulled since.
SELECT count(DISTINCT l.ladder_id), min(l.ladder_id)
FROM ladder AS l
JOIN ladder_run AS lr USING (ladder_id)
JOIN run AS r ON r.run_id = lr.run_id
WHERE r.pulled_at > l.analysed_at;
