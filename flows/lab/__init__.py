"""Train a small model family from scratch, so that a ladder of real outputs can be made anywhere."""
