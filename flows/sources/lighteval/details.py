"""A Parquet file of details, read in batches of rows and without the columns that nobody needs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from flows.sources import documents, values
from flows.sources.finding_log import FindingLog
from flows.sources.lighteval.results import Place, model_of, scores_of, task_and_shots
from flows.sources.lighteval.rows import flat_rows, struct_rows, unprinted
from flows.sources.packing import Packer
from flows.sources.registry import Batch, LogFile, SourceSettings, UnreadableFileError
from flows.sources.reported import Means, Reported, reported_findings, reported_frame
from flows.sources.schema import Finding

ROWS_AT_ONCE = 256
STRUCTS = {"doc", "metric", "model_response"}
FLAT = {"example", "full_prompt", "predictions", "metrics", "gold_index"}
NEEDED = (
    *("doc.query", "doc.choices", "doc.gold_index", "doc.id", "doc.sampling_methods", "metric", "model_response.input"),
    *("model_response.text", "model_response.text_post_processed", "model_response.logprobs"),
    *("model_response.output_tokens", "model_response.argmax_logits_eq_gold"),
    *("example", "full_prompt", "num_effective_few_shots", "predictions", "cont_tokens", "gold", "gold_index"),
    *("pred_logits", "prediction_logits", "choices", "metrics"),
)


def column_names(path: Path) -> Sequence[str]:
    """Top-level columns, or none where the file is no whole Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        names: list[str] = pq.read_schema(path).names
    except (pa.ArrowException, OSError):
        return []
    return names


def is_details(columns: Sequence[str]) -> bool:
    """The columns of any of the three layouts."""
    return set(columns) >= STRUCTS or set(columns) >= FLAT


def records(path: Path) -> Iterator[Mapping[str, Any]]:
    """Rows as they stand in the file.

    Raises:
        UnreadableFileError: It is no whole Parquet file with columns of details.
    """
    # Only Parquet needs it, and other formats read faster without the import.
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        with pq.ParquetFile(path) as file:
            if not is_details(file.schema_arrow.names):
                found = ", ".join(file.schema_arrow.names[:12])
                raise UnreadableFileError("not_details", f"a Parquet file without columns of details; it has {found}")
            for batch in file.iter_batches(batch_size=ROWS_AT_ONCE, columns=list(NEEDED)):
                yield from batch.to_pylist()
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:
        first = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise UnreadableFileError("unreadable", f"not readable as Parquet: {first}") from error


def read_details(file: LogFile, settings: SourceSettings) -> Iterator[Batch]:
    """Rows of details."""
    place = Place(file.path)
    path = place.results()
    said = documents.read_object(path) if path else {}
    log = FindingLog(file.uri)
    packer = Packer(log, settings)
    task, shots = task_and_shots(place.task)
    run = {"model_id": model_of(said, place), "task_id": task, "n_shots": shots}
    if run["model_id"] is None and settings.model_id is None:
        reason = "it lies in no folder details/<model>/<time>, so nothing says which model it is of"
        raise UnreadableFileError("no_model", f"{reason}; set model_id in the study file")
    means = Means()
    effective: Counter[int | None] = Counter()
    for line, record in enumerate(records(file.path), 1):
        is_struct = "doc" in record
        found = list(struct_rows(record) if is_struct else flat_rows(record))
        if not found:
            log.quarantine("no_response", line, "no output and no log-probabilities that fit the choices")
        effective[values.whole(unprinted(record.get("num_effective_few_shots")))] += 1
        for row in found:
            item_id = row["item_id"] if row["item_id"] is not None else str(line - 1)
            packer.add(line, {**run, **row, "item_id": item_id}, 1_000)
        scores = record.get("metric") if is_struct else unprinted(record.get("metrics"))
        for name, value in values.mapping(scores).items():
            if isinstance(value, bool | int | float):
                means.add(name, values.number(value))
        if packer.is_full:
            yield packer.batch()
    _note_shots(effective, shots, log)
    reported = []
    for metric, value, error in scores_of(said, place.task):
        recomputed = means.mean(metric)
        route = None if recomputed is None else "item_scores"
        reported.append(Reported(run | packer.fixed, metric, value, error, None, recomputed, route))
    for finding in reported_findings(reported, file.uri):
        log.add(finding)
    yield packer.last(reported=reported_frame(reported))


def _note_shots(effective: Counter[int | None], asked: int | None, log: FindingLog) -> None:
    fewer = sum(count for n, count in effective.items() if n is not None and asked is not None and n != asked)
    if fewer:
        reason = f"{fewer:,} prompts do not hold the {asked} examples that were asked for"
        log.add(Finding("warning", "shots_differ", reason, "the number asked for is taken for all", uri=log.uri))
