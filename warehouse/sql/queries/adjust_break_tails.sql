-- Tail probabilities adjusted over the study.
UPDATE verdict SET break_tail_adjusted = s.break_tail_adjusted FROM staged_rows AS s WHERE s.ladder_id = verdict.ladder_id;
