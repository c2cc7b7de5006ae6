-- Rows of cell_score whose run and metric are among the staged rows.
DELETE FROM cell_score
USING staged_rows AS n
WHERE cell_score.run_id = n.run_id AND cell_score.metric = n.metric;
