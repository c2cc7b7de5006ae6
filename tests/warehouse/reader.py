"""A reader as people run them: opens the snapshot, asks several questions of it, closes, again and again."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import duckdb

QUESTIONS = (
    "SELECT max(generation) FROM publication",
    "SELECT count(DISTINCT value), min(value), max(value) FROM floor",
    "SELECT count(*) FROM floor",
    "SELECT count(*) FROM ladder_overview",
)


def ask(con: duckdb.DuckDBPyConnection) -> list[float]:
    return [value for question in QUESTIONS for value in con.execute(question).fetchall()[0]]


def main(snapshot: str, stop: str, long_lived: bool) -> None:
    seen: list[float] = []
    problems: list[str] = []
    rounds = 0
    while not Path(stop).exists():
        rounds += 1
        try:
            # One thread: with a pool of them, one of some hundred processes that opened and closed without pause died
            # in a thread of DuckDB 1.5.5 (a jump to address 0) while the machine was very busy.
            con = duckdb.connect(snapshot, read_only=True, config={"threads": 1})
            answers = ask(con)
            if long_lived:
                time.sleep(0.05)
                if ask(con) != answers:
                    problems.append("the snapshot changed under an open reader")
            con.close()
        except duckdb.Error as error:
            problems.append(f"{type(error).__name__}: {error}")
            continue
        generation, kinds, low, high, rows, ladders = answers
        if not (kinds == 1 and low == high == generation and rows == 2000 and ladders == 2):
            problems.append(f"torn: {answers}")
        seen.append(generation)
        time.sleep(0.2)
    sys.stdout.write(json.dumps({"rounds": rounds, "seen": sorted(set(seen)), "problems": problems[:5]}))


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3] == "long")
