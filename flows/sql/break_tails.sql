-- Ladders whose break was tested, with the tail probability of the test.
SELECT ladder_id, break_tail FROM verdict WHERE break_tail IS NOT NULL ORDER BY ladder_id;
