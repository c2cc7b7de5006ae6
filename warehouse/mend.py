"""Take out of a warehouse what is harmed and can be made again, so that the next run makes it again.

Scores go with their versions, verdicts with all that was found on their ladders; of files only the note that they
are known goes, and the next run, reading them, replaces their runs. No output is removed whose run is known.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import duckdb

from warehouse.definitions import statement
from warehouse.doctor_values import bounds, not_numbers
from warehouse.keys import KEYS, LADDER_TABLES
from warehouse.lake.retry import again_on_conflict
from warehouse.resources import identifier
from warehouse.transaction import transaction

SCORED: Final = ("score", "score_version", "floor", "cell_score")
"""Tables that scoring fills, by run."""
MENDED: Final = frozenset({*SCORED, *LADDER_TABLES, "sample", "run"})
"""Tables whose harm is mended."""
SAMPLE_KEY: Final = "run_id, item_id, repeat"


@dataclass(frozen=True)
class Mended:
    """What the next run does again.

    Attributes:
        run_ids: Runs that are scored again, or whose left-overs are gone with them.
        uris: Files that are read again.
        ladder_ids: Ladders that are decided again, or whose left-overs are gone with them.
    """

    run_ids: tuple[str, ...]
    uris: tuple[str, ...]
    ladder_ids: tuple[str, ...]

    @property
    def is_empty(self) -> bool:
        """Nothing had to be mended."""
        return not (self.run_ids or self.uris or self.ladder_ids)


@again_on_conflict
def mend(con: duckdb.DuckDBPyConnection) -> Mended:
    """Remove what the doctor would find harmed and the pipeline can make again, in one transaction.

    Args:
        con: A writable warehouse; the caller holds its lock.
    """
    nan = not_numbers(con)
    with transaction(con):
        uris = _names(con, _files(nan))
        scored = _names(con, _scores(con, nan))
        touched = sorted({*scored, *_names(con, ["SELECT run_id FROM run WHERE uri IN (SELECT unnest($uris))"], uris)})
        harmed = _names(con, _ladders(nan))
        ladders = sorted(
            {*harmed, *(row[0] for row in con.execute(statement("forget_ladders_of"), {"run_ids": touched}).fetchall())}
        )
        for table, column, values in (
            ("source_file", "uri", uris),
            *((table, "run_id", scored) for table in SCORED),
            *((table, "ladder_id", ladders) for table in LADDER_TABLES),
        ):
            con.execute(
                f"DELETE FROM {identifier(table)} WHERE {identifier(column)} IN (SELECT unnest(?::VARCHAR[]))",
                [values],
            )
        con.execute("DELETE FROM sample WHERE run_id NOT IN (SELECT run_id FROM run)")
    return Mended(tuple(scored), tuple(uris), tuple(ladders))


def _files(nan: dict[str, str]) -> Iterable[str]:
    """Queries for files whose runs are not as they were read."""
    runs = [
        "SELECT run_id FROM run LEFT JOIN (SELECT run_id, count(*) AS found FROM sample GROUP BY run_id) AS s "
        "USING (run_id) WHERE n_samples <> coalesce(found, 0)",
        *(_repeated(table) for table in ("run", "sample")),
        *(f"SELECT run_id FROM {table} WHERE {nan[table]}" for table in ("sample",) if table in nan),
    ]
    yield f"SELECT uri FROM run WHERE run_id IN ({' UNION '.join(f'({query})' for query in runs)})"
    # nobody can say which file these outputs came from
    yield "SELECT uri FROM source_file WHERE EXISTS (FROM sample ANTI JOIN run USING (run_id))"


def _scores(con: duckdb.DuckDBPyConnection, nan: dict[str, str]) -> Iterable[str]:
    """Queries for runs whose scores are harmed."""
    for table in SCORED:
        yield _repeated(table)
        yield f"SELECT run_id FROM {table} ANTI JOIN run USING (run_id)"
        if table in nan:
            yield f"SELECT run_id FROM {table} WHERE {nan[table]}"
    yield f"SELECT run_id FROM score ANTI JOIN sample USING ({SAMPLE_KEY})"
    yield f"SELECT run_id FROM sample ANTI JOIN score USING ({SAMPLE_KEY}) SEMI JOIN score_version USING (run_id)"
    for one in bounds(con):
        yield f"SELECT run_id FROM score WHERE {one.broken}"


def _ladders(nan: dict[str, str]) -> Iterable[str]:
    """Queries for ladders whose results are harmed."""
    yield "SELECT ladder_id FROM ladder ANTI JOIN verdict USING (ladder_id)"
    for table in LADDER_TABLES:
        yield f"SELECT ladder_id FROM {table} WHERE ladder_id NOT IN (SELECT ladder_id FROM ladder)"
        if table in KEYS:
            yield _repeated(table)
        if table in nan:
            yield f"SELECT ladder_id FROM {table} WHERE {nan[table]}"


def _repeated(table: str) -> str:
    key = ", ".join(KEYS[table])
    return f"SELECT {KEYS[table][0]} FROM {table} GROUP BY {key} HAVING count(*) > 1"


def _names(con: duckdb.DuckDBPyConnection, queries: Iterable[str], uris: list[str] | None = None) -> list[str]:
    """The names that the queries give, each once, in order."""
    query = " UNION ".join(f"({query})" for query in queries)
    parameters = None if uris is None else {"uris": uris}
    return sorted(name for (name,) in con.execute(query, parameters).fetchall())
