"""Scores, curves and verdicts, computed from raw outputs. Pure: no database, no flow, no chart."""
