"""Runs as records of Every Eval Ever: one file of scores a run, and beside it one line an item."""

from __future__ import annotations

import hashlib
import json
import re
import uuid
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

import duckdb

from flows.statements import sql
from flows.version import program_version

SCHEMA_VERSION = "0.2.2"
TEXT_METRIC, CHOICE_METRIC = "exact_match", "multiple_choice_grade"
FETCHED = 2_000
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Exported:
    """What an export came to.

    Attributes:
        n_runs: Runs written.
        n_items: Items written.
        n_unscored: Items without a score, which the format cannot hold.
        runs_without_score: Runs left out, as neither exact match nor a grade of choices is known of them.
    """

    n_runs: int = 0
    n_items: int = 0
    n_unscored: int = 0
    runs_without_score: tuple[str, ...] = ()


def export_runs(
    con: duckdb.DuckDBPyConnection, folder: Path, *, organization: str, models: str = "*", tasks: str = "*"
) -> Exported:
    """Write every run of a warehouse that matches.

    Args:
        con: The warehouse or its snapshot.
        folder: Folder for the records: ``<task>/<developer>/<model>/<id>.json`` and ``<id>_samples.jsonl``.
        organization: Who made the runs.
        models: Pattern on ``model_id``.
        tasks: Pattern on ``task_id``.

    Raises:
        OSError: The folder cannot be written.
    """
    total = Exported()
    for run in _rows(con, "export_runs", {"models": models, "tasks": tasks}):
        metric = next((name for name in (TEXT_METRIC, CHOICE_METRIC) if run[name] is not None), None)
        if metric is None:
            left_out = (*total.runs_without_score, run["run_id"])
            total = Exported(total.n_runs, total.n_items, total.n_unscored, left_out)
            continue
        n_items, n_unscored = _write(con, folder, run, metric, organization)
        total = Exported(
            total.n_runs + 1, total.n_items + n_items, total.n_unscored + n_unscored, total.runs_without_score
        )
    return total


def _write(con: duckdb.DuckDBPyConnection, folder: Path, run: Row, metric: str, organization: str) -> tuple[int, int]:
    """One run; gives the items written and those without a score."""
    name = str(uuid.uuid5(uuid.NAMESPACE_URL, f"{run['run_id']} {run['content_sha256']}"))
    developer, _, model = run["model_id"].rpartition("/")
    place = folder / _plain(run["task_id"]) / _plain(developer or "unknown") / _plain(model)
    place.mkdir(parents=True, exist_ok=True)
    samples = place / f"{name}_samples.jsonl"
    digest, n_items, n_unscored = hashlib.sha256(), 0, 0
    with samples.open("wb") as file:
        rows = _rows(con, "export_outputs", {"run_id": run["run_id"], "graded": metric != TEXT_METRIC})
        for _, repeats in groupby(rows, lambda row: row["item_id"]):
            line = line_of(run, list(repeats), name)
            if line is None:
                n_unscored += 1
                continue
            written = json.dumps(line, ensure_ascii=False).encode("utf-8", "surrogatepass") + b"\n"
            digest.update(written)
            file.write(written)
            n_items += 1
    record = record_of(run, name, metric, organization) | {
        "detailed_evaluation_results": {
            "format": "jsonl",
            "file_path": samples.name,
            "hash_algorithm": "sha256",
            "checksum": digest.hexdigest(),
            "total_rows": n_items,
        }
    }
    text = json.dumps(record, ensure_ascii=False, indent=2)
    (place / f"{name}.json").write_text(text + "\n", encoding="utf-8", errors="surrogatepass")
    return n_items, n_unscored


def record_of(run: Row, name: str, metric: str, organization: str) -> dict[str, Any]:
    """The record of a run: its model, its setting, its score with standard error."""
    developer, _, model = run["model_id"].rpartition("/")
    known = {field: run[field] for field in ("family", "n_params", "train_tokens", "train_flops", "seed")}
    setting = {field: run[field] for field in ("n_shots", "prompting", "filter")}
    return {
        "schema_version": SCHEMA_VERSION,
        "evaluation_id": _id_of(run),
        "retrieved_timestamp": str(int(run["pulled_at"].timestamp())),
        "source_metadata": {
            "source_name": run["uri"],
            "source_type": "evaluation_run",
            "source_organization_name": organization,
            "evaluator_relationship": "other",
        },
        "eval_library": {
            "name": "mirage",
            "version": program_version(),
            "additional_details": {"log_format": run["format"]},
        },
        "model_info": {"name": model, "id": run["model_id"], "developer": developer or "unknown"} | _details(known),
        "evaluation_results": [
            {
                "evaluation_result_id": name,
                "evaluation_name": run["task_id"],
                "source_data": {"dataset_name": run["task_id"], "source_type": "other"},
                "metric_config": {
                    "metric_name": metric,
                    "evaluation_description": run[f"{metric}_definition"],
                    "lower_is_better": False,
                    "score_type": "continuous",
                    "min_score": 0,
                    "max_score": 1,
                },
                "score_details": {
                    "score": run[metric],
                    "uncertainty": _uncertainty(run[f"{metric}_se"], run["n_items"]),
                },
                "generation_config": _details(setting),
            }
        ],
    }


def _uncertainty(se: float | None, n_items: int) -> dict[str, Any]:
    error = {} if se is None else {"standard_error": {"value": se, "method": "analytic"}}
    return error | {"num_samples": n_items}


def line_of(run: Row, repeats: Sequence[Row], name: str) -> dict[str, Any] | None:
    """The line of an item with all outputs to it; None where it has no score."""
    scores = [row["score"] for row in repeats if row["score"] is not None]
    first = repeats[0]
    if not scores:
        return None
    score = sum(scores) / len(scores)
    outputs = [output for row in repeats if (output := _output(row)) is not None]
    targets = first["targets"] or ([] if first["gold"] is None else [first["choices"][first["gold"]]])
    prompt = first["prompt"] or ""
    answers = [row["extracted"] for row in repeats if row["extracted"] is not None]
    hashed = hashlib.sha256((prompt + "".join(targets)).encode("utf-8", "surrogatepass")).hexdigest()
    return {
        "schema_version": SCHEMA_VERSION,
        "evaluation_id": _id_of(run),
        "model_id": run["model_id"],
        "evaluation_name": run["task_id"],
        "evaluation_result_id": name,
        "sample_id": first["item_id"],
        "sample_hash": hashed,
        "interaction_type": "single_turn",
        "input": {"raw": prompt, "reference": list(targets)} | _choices(first),
        "output": {"raw": outputs},
        "answer_attribution": [_attribution(answers[0] if answers else None, outputs)],
        "evaluation": {"score": score, "is_correct": score == 1},
    }


def _choices(row: Row) -> dict[str, Any]:
    return {"choices": list(row["choices"])} if row["choices"] else {}


def _output(row: Row) -> str | None:
    """What the model wrote, or the choice that it found most likely."""
    if row["output"] is not None or not row["choices"] or not row["choice_logprobs"]:
        return None if row["output"] is None else str(row["output"])
    logprobs = list(row["choice_logprobs"])
    return str(row["choices"][logprobs.index(max(logprobs))])


def _attribution(answer: str | None, outputs: Sequence[str]) -> dict[str, Any]:
    whole = outputs[0] if outputs else ""
    return {
        "turn_idx": 0,
        "source": "output.raw",
        "extracted_value": whole if answer is None else answer,
        "extraction_method": "raw" if answer is None else "of the log",
        "is_terminal": True,
    }


def _details(known: Mapping[str, Any]) -> dict[str, Any]:
    """Further facts, which the format takes as texts only."""
    said = {field: str(value) for field, value in known.items() if value is not None}
    return {"additional_details": said} if said else {}


def _id_of(run: Row) -> str:
    return f"{run['task_id']}/{run['model_id'].replace('/', '_')}/{int(run['pulled_at'].timestamp())}"


def _plain(name: str) -> str:
    return re.sub(r"[^\w.\-]+", "_", name).strip("._") or "unnamed"


def _rows(con: duckdb.DuckDBPyConnection, query: str, parameters: Mapping[str, Any]) -> Iterator[Row]:
    """Rows of a statement, a few at a time."""
    with con.cursor() as cursor:
        cursor.execute(sql(query), dict(parameters))
        names = [column[0] for column in cursor.description or ()]
        while rows := cursor.fetchmany(FETCHED):
            yield from (dict(zip(names, row, strict=True)) for row in rows)
