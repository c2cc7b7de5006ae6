-- Columns of score that views name; a file that was scored before has them.
ALTER TABLE score ADD COLUMN IF NOT EXISTS exact_match DOUBLE;
ALTER TABLE score ADD COLUMN IF NOT EXISTS token_edit_similarity_char DOUBLE;
ALTER TABLE score ADD COLUMN IF NOT EXISTS expected_exact_match DOUBLE;
