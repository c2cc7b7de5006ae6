"""What can be wrong with a warehouse or with what is written to it; each error says the next step."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from metrics.errors import MirageError


class WarehouseError(MirageError):
    """The base of every error about the warehouse."""


class WarehouseFileError(WarehouseError):
    """The file cannot be opened as a warehouse.

    Attributes:
        path: The file.
    """

    def __init__(self, path: Path, problem: str, remedy: str) -> None:
        self.path = path
        super().__init__(f"warehouse {path}: {problem}; {remedy}")


class WarehouseMissingError(WarehouseFileError):
    """There is no such file or folder."""


class WarehouseLockedError(WarehouseFileError):
    """Another process has the file open for writing."""


class WarehouseFormatError(WarehouseFileError):
    """The file is no DuckDB file, or one that this program did not make."""


class WarehouseDamagedError(WarehouseFileError):
    """The file is shorter than it was, or holds other bytes than were written."""


class WarehousePermissionError(WarehouseFileError):
    """The folder or file may not be written."""


class SchemaVersionError(WarehouseFileError):
    """The file's schema is newer than the program, or older and the file is opened for reading only.

    Attributes:
        found: Schema version of the file.
        known: Schema version of the program.
        strange: Names of the migrations of the file that the program does not have.
    """

    def __init__(self, path: Path, found: int, known: int, strange: Sequence[str] = ()) -> None:
        self.found = found
        self.known = known
        self.strange = tuple(strange)
        if strange:
            problem, remedy = "newer", "update mirage, or write to another warehouse"
            unknown = f", which does not know {', '.join(strange)}"
        else:
            problem, remedy = "older", "mirage run brings it up to date; until then mirage sql reads it as it is"
            unknown = ""
        text = f"its schema version {found} is {problem} than this program's version {known}{unknown}"
        super().__init__(path, text, remedy)


class DuplicateKeyError(WarehouseError):
    """Rows that must be unique are not.

    Attributes:
        table: The table they were meant for.
        key: The columns that must be unique together.
        duplicates: A few of the keys that occur more than once.
        total: How many keys do.
    """

    def __init__(self, table: str, key: Sequence[str], duplicates: Sequence[tuple[object, ...]], total: int) -> None:
        self.table = table
        self.key = tuple(key)
        self.duplicates = tuple(duplicates)
        self.total = total
        shown = "; ".join(", ".join(map(str, row)) for row in duplicates)
        more = "" if total <= len(duplicates) else f" and {total - len(duplicates)} more"
        super().__init__(
            f"table {table}: ({', '.join(key)}) must be unique but {total} key(s) occur more than once: "
            f"{shown}{more}; nothing was written, keep one row of each"
        )


class FrameError(WarehouseError):
    """A frame does not fit the table it is meant for: unknown or missing columns, NULLs, wrong types, orphans."""


class QueryError(WarehouseError):
    """A query or view does not exist, or got the wrong parameters."""


class SqlError(WarehouseError):
    """A query typed by a user failed, was refused or ran out of time."""


class FactError(WarehouseError):
    """A fact table breaks its own rules: a duplicate alias, an unknown column, a unit out of range."""


class RunTakenError(WarehouseError):
    """A run is already stored under another file.

    Attributes:
        uri: The file that brings it again.
        taken: File that holds it, by run_id.
    """

    def __init__(self, uri: str, taken: dict[str, str]) -> None:
        self.uri = uri
        self.taken = taken
        run_id, holder = next(iter(taken.items()))
        super().__init__(
            f"file {uri}: run {run_id!r} is already stored from {holder} ({len(taken)} run(s) like it); "
            "remove one of the two from the study, or give them different settings"
        )
