"""The SQL that ships with the flows, one statement a file."""

from __future__ import annotations

from functools import cache
from importlib.resources import files


@cache
def sql(name: str) -> str:
    """Text of ``flows/sql/<name>.sql``."""
    return files("flows").joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")
