-- Ladders whose break was tested, with the tail probability of the test and the stored adjustment of it.
SELECT ladder_id, break_tail, break_tail_adjusted FROM verdict WHERE break_tail IS NOT NULL ORDER BY ladder_id;
