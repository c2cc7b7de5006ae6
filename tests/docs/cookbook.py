"""The SQL cookbook: its queries, and the answers they give on the embedded study.

``python -m tests.docs.cookbook SNAPSHOT`` writes today's answers into docs/sql.md.
"""

from __future__ import annotations

import io
import re
import sys
from pathlib import Path

from tests.conftest import ROOT
from warehouse.answer import write_answer
from warehouse.sql_shell import SqlShell

COOKBOOK = ROOT / "docs" / "sql.md"
ENTRY = re.compile(r"```sql\n(?P<query>.*?)```\n\n```text\n(?P<answer>.*?)```", re.DOTALL)


def entries(text: str) -> list[tuple[str, str]]:
    """Every (query, answer) of the cookbook."""
    return [(found["query"], found["answer"]) for found in ENTRY.finditer(text)]


def answer(shell: SqlShell, query: str) -> str:
    """The answer as the table that ``mirage sql`` prints."""
    stream = io.BytesIO()
    write_answer(shell.ask(query).frame, "table", stream)
    return "\n".join(line.rstrip() for line in stream.getvalue().decode().splitlines()) + "\n"


def rewrite(snapshot: Path) -> None:
    """Put today's answers into the cookbook."""
    shell = SqlShell(snapshot)
    text = COOKBOOK.read_text(encoding="utf-8")
    written = ENTRY.sub(
        lambda found: f"```sql\n{found['query']}```\n\n```text\n{answer(shell, found['query'])}```", text
    )
    COOKBOOK.write_text(written, encoding="utf-8")


if __name__ == "__main__":
    rewrite(Path(sys.argv[1]))
