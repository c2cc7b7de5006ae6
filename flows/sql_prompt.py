"""``mirage sql``: questions to the published snapshot, one at a time or at a prompt."""

from __future__ import annotations

import sys
from typing import BinaryIO

from rich.console import Console
from rich.text import Text

from flows.statements import sql
from metrics.errors import MirageError
from warehouse.sql_shell import SqlShell, write_answer

PROMPT = "sql> "
MORE = "...> "
WELCOME = "Read-only. End a query with ; — .views lists tables and views, DESCRIBE shows one, .quit ends."


def answer(shell: SqlShell, query: str, kind: str, stream: BinaryIO, console: Console) -> None:
    """Ask one question and write its rows; people are told where there were more.

    Raises:
        SqlError: The query was refused or failed.
    """
    found = shell.ask(query)
    write_answer(found.frame, kind, stream)
    stream.flush()
    if found.is_cut:
        console.print(Text(f"The first {found.frame.height:,} rows; raise --limit for more."))


def prompt(shell: SqlShell, kind: str, console: Console) -> None:
    """Ask for queries until the end of input; one that fails does not end it."""
    console.print(Text(WELCOME, style="dim"))
    query = ""
    while True:
        try:
            line = input(MORE if query else PROMPT)
        except EOFError:
            return
        if not query and line.strip() in {".quit", ".exit"}:
            return
        if not query and line.strip() == ".views":
            answer(shell, sql("relations"), "table", sys.stdout.buffer, console)
            continue
        query = f"{query}\n{line}".strip()
        if not query.endswith(";"):
            continue
        try:
            answer(shell, query, kind, sys.stdout.buffer, console)
        except MirageError as error:
            console.print(Text(str(error), style="red"))
        query = ""
