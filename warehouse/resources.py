"""The SQL and fact files that ship inside the package."""

from __future__ import annotations

import re
from importlib.resources import files
from importlib.resources.abc import Traversable

from warehouse.errors import QueryError

NAME = re.compile(r"[a-z][a-z0-9_]*")


def folder(name: str) -> Traversable:
    """A folder of the package's SQL: migrations, views, macros or queries."""
    return files("warehouse").joinpath("sql", name)


def sql_files(directory: Traversable) -> dict[str, str]:
    """Text of every .sql file in a folder, by name without the suffix, in order of name."""
    if not directory.is_dir():
        return {}
    found = {entry.name.removesuffix(".sql"): entry for entry in directory.iterdir() if entry.name.endswith(".sql")}
    return {name: found[name].read_text(encoding="utf-8") for name in sorted(found)}


def identifier(name: str) -> str:
    """A table or column name quoted for SQL.

    Raises:
        QueryError: The name is not lower-case snake case, so it is never spliced.
    """
    if not NAME.fullmatch(name):
        raise QueryError(f"name {name!r}: use lower-case letters, digits and underscores, a letter first")
    return f'"{name}"'


def literal(text: str) -> str:
    """A string constant for the few statements that take no bound parameter, such as COMMENT ON."""
    return "'" + text.replace("'", "''") + "'"
