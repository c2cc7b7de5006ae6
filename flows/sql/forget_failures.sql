-- Ladders whose analysis failed are tried again each time: what is still true is said again.
DELETE FROM finding WHERE kind = 'analysis_failed';
