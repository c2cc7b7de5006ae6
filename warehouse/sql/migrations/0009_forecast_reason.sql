-- A forecast that the fitted scales do not allow says why, and has no numbers.
ALTER TABLE forecast ADD COLUMN IF NOT EXISTS reason VARCHAR;
COMMENT ON COLUMN forecast.reason IS 'Why there is no forecast; NULL: there is one';
