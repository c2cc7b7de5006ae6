"""Published models, claims and scaling laws: the tables that ship with the program, and a user's additions to them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

import duckdb
import polars as pl

from warehouse.definitions import statement
from warehouse.errors import FactError
from warehouse.resources import literal
from warehouse.stage import insert
from warehouse.transaction import transaction

Table = Path | Traversable

MODELS = pl.Schema(
    {
        "model_id": pl.String,
        "aliases": pl.String,
        "family": pl.String,
        "kind": pl.String,
        "architecture": pl.String,
        "n_params": pl.Float64,
        "n_params_non_embedding": pl.Float64,
        "n_params_active": pl.Float64,
        "train_tokens": pl.Float64,
        "train_flops": pl.Float64,
        "release_date": pl.Date,
        "checked": pl.Boolean,
        "source": pl.String,
    }
)
CLAIMS = pl.Schema(
    {
        "claim_id": pl.String,
        "claim_kind": pl.String,
        "ability": pl.String,
        "suite": pl.String,
        "prompting": pl.String,
        "family": pl.String,
        "threshold_params": pl.Float64,
        "threshold_train_flops": pl.Float64,
        "metric": pl.String,
        "chance": pl.Float64,
        "value": pl.Float64,
        "checked": pl.Boolean,
        "source": pl.String,
    }
)
LAWS = pl.Schema(
    {
        "law": pl.String,
        "constant": pl.String,
        "value": pl.Float64,
        "unit": pl.String,
        "meaning": pl.String,
        "source": pl.String,
    }
)
REQUIRED = {
    "models": ("model_id", "family", "kind", "architecture", "checked", "source"),
    "claims": ("claim_id", "claim_kind", "ability", "checked", "source"),
    "laws": tuple(LAWS),
}
CHOICES = {
    "kind": ("base", "instruct", "code", "moe"),
    "architecture": ("decoder", "encoder", "encoder_decoder"),
    "claim_kind": ("emergent", "smooth", "flat", "u-shaped", "inverse", "positive", "critique", "count", "measurement"),
}
# Outside these a figure is in the wrong unit: 7 for 7 billion, or FLOPs for petaFLOP/s-days.
RANGES = {
    "n_params": (1e3, 1e14),
    "n_params_non_embedding": (1e2, 1e14),
    "n_params_active": (1e3, 1e14),
    "train_tokens": (1e4, 1e15),
    "train_flops": (1e9, 1e29),
    "threshold_params": (1e3, 1e14),
    "threshold_train_flops": (1e9, 1e29),
    "chance": (0.0, 1.0),
}


def load_facts(
    con: duckdb.DuckDBPyConnection, models: Sequence[Path] = (), claims: Sequence[Path] = ()
) -> tuple[int, int]:
    """Fill the fact tables from the program's own tables and a user's, which add rows and may not contradict.

    Args:
        con: A writable warehouse.
        models: CSV files with columns of ``MODELS``; ``aliases`` are separated by ``|``.
        claims: CSV files with columns of ``CLAIMS``.

    Returns:
        Number of models and claims.

    Raises:
        FactError: A column is unknown, a value is no number or out of range for its unit, a name occurs twice.
    """
    model_rows = _unique(_read_all("models", models, MODELS), "model_id")
    claim_rows = _unique(_read_all("claims", claims, CLAIMS), "claim_id")
    laws = _read_all("laws", (), LAWS)
    aliases = _aliases(model_rows)
    with transaction(con):
        for table in ("fact_model", "fact_alias", "fact_claim", "fact_law"):
            con.execute(statement(f"delete_{table}"))
        insert(con, "fact_model", model_rows.drop("aliases"))
        insert(con, "fact_alias", aliases)
        insert(con, "fact_claim", claim_rows)
        insert(con, "fact_law", laws)
        con.execute("DELETE FROM definition WHERE kind = 'fact'")
        con.execute("INSERT INTO definition VALUES ('fact', 'shipped', ?)", [shipped_hash()])
        if models or claims:
            con.execute("INSERT INTO definition VALUES ('fact', 'added', ?)", [_hash([*models, *claims])])
    return model_rows.height, claim_rows.height


def refresh_facts(con: duckdb.DuckDBPyConnection, models: Sequence[Path] = (), claims: Sequence[Path] = ()) -> bool:
    """``load_facts`` where a user's tables are others than those that were loaded, or have changed.

    Returns:
        Whether anything was loaded.

    Raises:
        FactError: As ``load_facts``; what was loaded before stays.
    """
    found = con.execute("SELECT sha256 FROM definition WHERE kind = 'fact' AND name = 'added'").fetchall()
    wanted = [(_hash([*models, *claims]),)] if models or claims else []
    if found == wanted:
        return False
    load_facts(con, models, claims)
    return True


def install_facts(con: duckdb.DuckDBPyConnection) -> bool:
    """Load the program's own facts if the file does not have this version of them.

    Returns:
        Whether anything was loaded.
    """
    wanted = f"SELECT 1 FROM definition WHERE kind = 'fact' AND sha256 = {literal(shipped_hash())}"
    if con.execute(wanted).fetchall():
        return False
    load_facts(con)
    return True


def shipped_hash() -> str:
    """SHA-256 of the fact tables that ship with the program."""
    return _hash([_shipped(name) for name in ("models", "claims", "laws")])


def _hash(tables: Sequence[Table]) -> str:
    return hashlib.sha256(b"\0".join(_bytes(table) for table in tables)).hexdigest()


def _bytes(table: Table) -> bytes:
    try:
        return table.read_bytes()
    except OSError as error:
        raise FactError(f"{table}: not readable as CSV ({error.strerror or error})") from error


def _shipped(name: str) -> Traversable:
    return files("warehouse").joinpath("facts", f"{name}.csv")


def _read_all(name: str, more: Sequence[Path], schema: pl.Schema) -> pl.DataFrame:
    return pl.concat([_read(table, name, schema) for table in (_shipped(name), *more)])


def _read(table: Table, name: str, schema: pl.Schema) -> pl.DataFrame:
    try:
        raw = pl.read_csv(_bytes(table), infer_schema=False)
    except pl.exceptions.PolarsError as error:
        raise FactError(f"{table}: not readable as CSV ({str(error).splitlines()[0]})") from error
    if unknown := [column for column in raw.columns if column not in schema]:
        raise FactError(f"{table}: unknown column(s) {', '.join(unknown)}; it may have {', '.join(schema)}")
    if missing := [column for column in REQUIRED[name] if column not in raw.columns]:
        raise FactError(f"{table}: lacks the column(s) {', '.join(missing)}")
    texts = raw.select(
        pl.col(column).str.strip_chars().replace("", None)
        if column in raw.columns
        else pl.lit(None, pl.String).alias(column)
        for column in schema
    )
    typed = texts.select(_typed(column, kind) for column, kind in schema.items())
    _check(table, texts, typed, REQUIRED[name])
    return typed


def _typed(column: str, kind: pl.DataType | type[pl.DataType]) -> pl.Expr:
    if kind == pl.Boolean:
        return pl.col(column).replace_strict({"true": True, "false": False}, default=None, return_dtype=pl.Boolean)
    if kind == pl.Date:
        return pl.col(column).str.to_date("%Y-%m-%d", strict=False)
    return pl.col(column).cast(kind, strict=False)


def _check(table: Table, texts: pl.DataFrame, typed: pl.DataFrame, required: Sequence[str]) -> None:
    for column in typed.columns:
        wrong = texts[column].is_not_null() & typed[column].is_null()
        if column in required:
            wrong |= texts[column].is_null()
        if column in CHOICES:
            wrong |= typed[column].is_not_null() & ~typed[column].is_in(CHOICES[column])
        if column in RANGES:
            wrong |= typed[column].is_not_null() & ~typed[column].is_between(*RANGES[column])
        if wrong.any():
            row = int(wrong.arg_true()[0])
            allowed = _allowed(column, str(typed.schema[column]))
            raise FactError(
                f"{table}, row {row + 2} ({texts.row(row)[0]}): {column} is {texts[column][row]!r}; {allowed}"
            )


def _allowed(column: str, kind: str) -> str:
    if column in CHOICES:
        return f"allowed are {', '.join(CHOICES[column])}"
    if column in RANGES:
        low, high = RANGES[column]
        return f"allowed is a number from {low:g} to {high:g}, in units of one"
    return f"allowed is a value of type {kind}, and it must be there"


def _unique(frame: pl.DataFrame, key: str) -> pl.DataFrame:
    doubled = frame.filter(pl.col(key).is_duplicated())[key].unique().sort().to_list()
    if doubled:
        raise FactError(f"facts: {key} {doubled[0]!r} occurs twice ({len(doubled)} like it); keep one row of each")
    return frame


def _aliases(models: pl.DataFrame) -> pl.DataFrame:
    """Every name of every model in lower case, its own id included."""
    named = models.select("model_id", alias=pl.concat_list("model_id", pl.col("aliases").fill_null("").str.split("|")))
    rows = named.explode("alias", empty_as_null=False).with_columns(
        pl.col("alias").str.strip_chars().str.to_lowercase()
    )
    rows = rows.filter(pl.col("alias") != "").unique(maintain_order=True)
    doubled = rows.filter(pl.col("alias").is_duplicated()).sort("alias")
    if doubled.height:
        holders = doubled.filter(pl.col("alias") == doubled["alias"][0])["model_id"].to_list()
        raise FactError(
            f"facts: alias {doubled['alias'][0]!r} belongs to {' and '.join(holders)}; leave it to one of them"
        )
    return rows
