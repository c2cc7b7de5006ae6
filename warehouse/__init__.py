"""The warehouse: one DuckDB file with outputs, scores, curves and verdicts, its views, macros and facts."""
