"""Readers of raw outputs: one module a format."""
