"""What is known of models: the study's own statements, and which models nobody knows."""

from __future__ import annotations

from pathlib import Path

import duckdb
import polars as pl

from flows.bench import Bench
from flows.sources.coerce import coerce
from flows.sources.mapping import type_in_words
from flows.sources.schema import MODEL_SCHEMA, Finding
from flows.statements import sql
from flows.study import Study
from flows.study_problems import did_you_mean, listed
from metrics.errors import MirageError
from warehouse import load
from warehouse.fact_tables import refresh_facts
from warehouse.query import fetch, frame

STAGE = "models"


class ModelTableError(MirageError):
    """The study's table of models cannot be used.

    Attributes:
        path: The file.
    """

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"{path}: {problem}")
        self.path = path


def study_models(study: Study) -> pl.DataFrame:
    """What the study says about models, columns of table ``model``.

    Raises:
        ModelTableError: The CSV file is missing, lacks ``model_id``, repeats a model, or a value is no number.
    """
    if isinstance(study.models, str):
        return _read_csv(study.folder / study.models)
    rows = [{**entry.model_dump(), "source": "study"} for entry in study.models]
    return pl.DataFrame(rows, schema=MODEL_SCHEMA)


def tell_facts(bench: Bench) -> None:
    """Load the published models and claims that the study adds to the program's, where they have changed.

    Raises:
        FactError: A file is missing, or a row of it breaks the rules of the tables.
    """
    facts, folder = bench.study.facts, bench.study.folder
    models = [folder / facts.models] if facts.models is not None else []
    claims = [folder / facts.claims] if facts.claims is not None else []
    refresh_facts(bench.con, models, claims)


def tell_models(bench: Bench, said: pl.DataFrame) -> None:
    """Store what the study says, and say which models of runs nobody knows the scale of.

    Args:
        bench: The surroundings.
        said: ``study_models`` of the study; what the study said before and says no more is forgotten.
    """
    if not fetch(bench.con, sql("study_statements")).equals(said.sort("model_id")):
        bench.con.execute(sql("forget_study_statements"), {"model_ids": said["model_id"].to_list()})
        load.upsert_models(bench.con, said)
    load.resolve_models(bench.con)
    load.forget_findings(bench.con, STAGE)
    load.record_findings(bench.con, bench.findings(unknown_models(bench.con)))


def unknown_models(con: duckdb.DuckDBPyConnection) -> list[Finding]:
    """A finding that names the models of runs whose scale nobody knows; none where there is no such model."""
    unknown = frame(con, "unknown_model")["model_id"].to_list()
    if not unknown:
        return []
    nobody = "of which neither the study, nor the logs, nor the known facts give a scale"
    reason = f"{len(unknown)} {'model' if len(unknown) == 1 else 'models'} {nobody}: {listed(unknown)}"
    action = "stored, and part of no ladder; add a row to the study's models (model_id, n_params, …)"
    return [Finding("warning", "unknown_model", reason, action, stage=STAGE)]


def _read_csv(path: Path) -> pl.DataFrame:
    try:
        raw = pl.read_csv(path, infer_schema=False)
    except FileNotFoundError:
        raise ModelTableError(path, "there is no such file; `models` in the study file names it") from None
    except (OSError, pl.exceptions.PolarsError) as error:
        raise ModelTableError(path, f"not readable as CSV: {str(error).splitlines()[0]}") from error
    known = [name for name in MODEL_SCHEMA if name != "source"]
    if "model_id" not in raw.columns:
        raise ModelTableError(path, f"it has no column model_id; it has {listed(raw.columns)}")
    if not set(raw.columns) & set(known[1:]):
        near = " ".join(filter(None, (did_you_mean(name, known) for name in raw.columns if name != "model_id")))
        raise ModelTableError(path, f"no column says anything about a model; known columns are {listed(known)}. {near}")
    return _typed(path, raw, known)


def _typed(path: Path, raw: pl.DataFrame, known: list[str]) -> pl.DataFrame:
    columns: dict[str, pl.Series] = {}
    for name in known:
        given = raw[name].replace("", None) if name in raw.columns else pl.Series(name, [None] * raw.height)
        coerced = coerce(given, MODEL_SCHEMA[name])
        if coerced.bad.any():
            row = int(coerced.bad.arg_true()[0])
            what = type_in_words(MODEL_SCHEMA[name])
            raise ModelTableError(path, f"row {row + 1}: {name} is {given[row]!r}, which is not {what}")
        columns[name] = coerced.values
    typed = pl.DataFrame(columns).filter(pl.col("model_id").is_not_null()).with_columns(source=pl.lit("study"))
    doubled = typed.filter(pl.col("model_id").is_duplicated())["model_id"].unique(maintain_order=True).to_list()
    if doubled:
        raise ModelTableError(path, f"more than one row for {listed(doubled)}; keep one of each")
    return typed.select(*MODEL_SCHEMA)
