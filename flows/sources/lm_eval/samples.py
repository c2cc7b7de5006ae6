"""Samples files of lm-evaluation-harness, read in one pass with their results file beside."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from flows.key_set import KeySet
from flows.sources import lines, recompute, values
from flows.sources.finding_log import FindingLog
from flows.sources.lm_eval import rows
from flows.sources.lm_eval.bulk import KNOWN_KEYS, layout_of, read_columns
from flows.sources.lm_eval.choice_columns import Columns
from flows.sources.lm_eval.choice_rows import frame_of, scores_of
from flows.sources.lm_eval.gold import Choice, GoldRule
from flows.sources.lm_eval.results import TIME, Results, beside, load, note_name
from flows.sources.lm_eval.rows import Request
from flows.sources.packing import Packer, said_by_study
from flows.sources.registry import Batch, LogFile, SourceSettings, UnreadableFileError
from flows.sources.reported import Means, Reported, reported_findings, reported_frame
from flows.sources.schema import Finding

OUR_METRICS = {
    "acc": "multiple_choice_grade",
    "acc_norm": "multiple_choice_grade_per_character",
    "acc_bytes": "multiple_choice_grade_per_byte",
    "brier_score": "brier_score_lm_eval",
}
"""Metrics of the catalogue with the definition of the harness's own on choices."""
CHOICE_SCORES = {
    "acc": recompute.choice_hit,
    "acc_norm": recompute.choice_hit_per_character,
    "acc_bytes": recompute.choice_hit_per_byte,
    "brier_score": recompute.brier_sum,
}
PLAIN_EXACT_MATCH = {"ignore_case", "ignore_punctuation", "ignore_numbers", "regexes_to_ignore"}


@dataclass(frozen=True)
class _Pending:
    line: int
    filter: str
    sample: Mapping[str, Any]
    choice: Choice
    requests: tuple[Request, ...]


class SamplesReader:
    """One samples file while it is read."""

    def __init__(self, file: LogFile, settings: SourceSettings, results: Results | None) -> None:
        self.file, self.results = file, results
        self.log = FindingLog(file.uri)
        self.packer = Packer(self.log, settings)
        self.task = task_of(file, results, settings)
        self.model_id = settings.model_id or (results.model_id if results else None)
        self.n_shots = results.n_shots(self.task) if results else None
        self.filters = results.filters(self.task) if results else ["none"]
        self.rule = GoldRule()
        self.means = Means()
        self.ours: dict[tuple[str, str], str | None] = {}
        self.stated = {score[0] for score in results.scores(self.task)} if results else set()
        self.n_items = 0
        self._items_met = KeySet()
        self._item_ids: list[str] = []
        self._met: Counter[tuple[Any, ...]] = Counter()
        self._pending: list[_Pending] = []

    def take(self, line: int, sample: Mapping[str, Any]) -> None:
        """One row of the file."""
        found = rows.requests(sample)
        if not found:
            self.log.quarantine("no_response", line, "no request with a response: arguments or resps are empty")
            return
        filter_name = self._filter(sample)
        item_id = values.text(sample.get("doc_id"))
        if item_id is not None:
            self._item_ids.append(item_id)
        self._note_logged(sample, filter_name)
        if rows.is_generation(found):
            for row in rows.generated(sample, found[0]):
                self._add(line, filter_name, item_id, row, sample)
        elif len(found) == 1:
            self._add(line, filter_name, item_id, rows.loglikelihood(found[0]), sample)
        else:
            choice, kept = rows.choice_of(sample, found)
            self._pending.append(_Pending(line, filter_name, sample, choice, tuple(kept)))

    def take_columns(self, columns: Columns, first_line: int) -> Batch | None:
        """Many rows at once, as ``take`` and ``settle`` would; None where no reading of their targets is left."""
        possible = [name for name in self.rule.possible if columns.fits(name)]
        if not possible:
            return None
        self.rule.possible = possible
        self.rule.seen += columns.n_rows
        gold = columns.gold_by(possible[0])
        run = {"model_id": self.model_id, "task_id": self.task, "n_shots": self.n_shots} | self.packer.fixed
        self._count_items(columns.item_id)
        scores = dict(scores_of(columns, gold, self.stated))
        filters = columns.filter.unique().to_list() if self.stated else []
        for filter_name in filters:
            there = slice(None) if len(filters) == 1 else (columns.filter == filter_name).to_numpy()
            for name in self.stated & columns.scores.keys():
                # a score that a row lacks is none; one that is not a number never comes here
                logged = columns.scores[name].to_numpy()[there]
                self.means.add_all((filter_name, name, "item_scores"), logged[~np.isnan(logged)])
            for name, value in scores.items():
                self.means.add_all((filter_name, name, "outputs"), value[there])
                self.ours[filter_name, name] = OUR_METRICS[name]
        return self.packer.whole(frame_of(columns, gold, run, first_line))

    def _count_items(self, item_ids: pl.Series) -> None:
        """Items met for the first time; the results file says how many there should be."""
        if self.stated:
            self.n_items += int(self._items_met.add(item_ids.hash().unique().to_numpy()).sum())

    def batch_ready(self, size: int) -> bool:
        """Enough rows for a batch; ``size`` is bytes read since the last."""
        return size >= lines.CHUNK_BYTES or len(self._pending) + len(self.packer.rows) >= lines.CHUNK_ROWS

    def settle(self) -> None:
        """Decide the gold of the choices that wait, from them and all before."""
        self._count_items(pl.Series(self._item_ids, dtype=pl.String))
        self._item_ids = []
        before = list(self.rule.possible)
        self.rule.learn([one.choice for one in self._pending])
        golds = [self.rule.gold(one.choice) for one in self._pending]
        without = [one.line for one, gold in zip(self._pending, golds, strict=True) if gold is None]
        if before and not self.rule.possible and self.rule.seen > len(self._pending):
            reason = "from here on no reading of the target agrees with the logged acc, as one did before"
            self.log.add(Finding("warning", "gold_unsure", reason, "gold set to NULL from here", uri=self.file.uri))
        reason = "the log does not say which choice is right, or says several"
        self.log.note("warning", "no_gold", without, reason, "gold is NULL; metrics of the right choice stay NULL")
        for one, gold in zip(self._pending, golds, strict=True):
            row = rows.chosen(one.choice, one.requests, gold)
            self._add(one.line, one.filter, values.text(one.sample.get("doc_id")), row, one.sample)
        self._pending = []

    def _filter(self, sample: Mapping[str, Any]) -> str:
        """The filter of a row; up to 0.4.6 none is named, and the k-th row of a document is of the k-th."""
        named = values.text(sample.get("filter"))
        if named is not None:
            return named
        key = (values.text(sample.get("doc_id")),)
        self._met[key] += 1
        return self.filters[(self._met[key] - 1) % len(self.filters)]

    def _note_logged(self, sample: Mapping[str, Any], filter_name: str) -> None:
        """Scores of single items as logged; those that are lists (gold and probabilities, say) are no scores."""
        named = sample.get("metrics")
        names = named if isinstance(named, list) else [name for name in sample if name not in KNOWN_KEYS]
        for name in names:
            value = sample.get(name) if isinstance(name, str) else None
            if isinstance(value, bool | int | float):
                self.means.add((filter_name, name, "item_scores"), values.number(value))

    def _add(
        self, line: int, filter_name: str, item_id: str | None, row: dict[str, Any], sample: Mapping[str, Any]
    ) -> None:
        run = {"model_id": self.model_id, "task_id": self.task, "n_shots": self.n_shots, "filter": filter_name}
        self.packer.add(line, {**run, "item_id": item_id, **row})
        for name, ours, value in self._recomputed(row):
            self.means.add((filter_name, name, "outputs"), value)
            self.ours[filter_name, name] = ours

    def _recomputed(self, row: Mapping[str, Any]) -> Iterator[tuple[str, str | None, float | None]]:
        """Each score that follows from a row: the log's name, that of the catalogue's equal, and the value."""
        if row.get("choices"):
            for name, ours in OUR_METRICS.items():
                yield name, ours, CHOICE_SCORES[name](row)
        elif "output" in row:
            yield "exact_match", "exact_match__logged", recompute.equal(row)
        elif row.get("prompt") is not None:
            greedy = row.get("is_greedy")
            yield "acc", "is_greedy_match", None if greedy is None else float(greedy)
            yield "perplexity", None, row.get("target_logprob")

    def reported(self) -> list[Reported]:
        """The scores of the results file for this task, with ours beside."""
        if self.results is None:
            return []
        found = []
        for metric, filter_name, value, error in self.results.scores(self.task):
            kept = filter_name or "none"
            run = {"model_id": self.model_id, "task_id": self.task, "n_shots": self.n_shots, "filter": kept}
            recomputed, route = self._mean(kept, metric)
            n_items = self.results.n_items(self.task)
            ours = self.ours.get((kept, metric)) if route == "outputs" else None
            fields = run | self.packer.fixed
            found.append(Reported(fields, metric, value, error, n_items, recomputed, route, our_metric=ours))
        return found

    def _mean(self, filter_name: str, metric: str) -> tuple[float | None, str | None]:
        if not (metric == "exact_match" and self._exact_match_is_loose()):
            value = self.means.mean((filter_name, metric, "outputs"))
            if value is not None:
                return (math.exp(-value) if metric == "perplexity" else value), "outputs"
        value = self.means.mean((filter_name, metric, "item_scores"))
        return value, None if value is None else "item_scores"

    def _exact_match_is_loose(self) -> bool:
        configured = values.sequence(self.results.config(self.task).get("metric_list")) if self.results else []
        return any(PLAIN_EXACT_MATCH & {k for k, v in values.mapping(one).items() if v} for one in configured)

    def last(self) -> Batch:
        """The rest, with the scores of the log and what to say about them."""
        self.settle()
        reported = self.reported()
        stated = self.results.n_items(self.task) if self.results else None
        if stated is not None and self.stated and stated != self.n_items:
            reason = f"the results file says {stated:,} items, and {self.n_items:,} are here"
            self.log.add(Finding("warning", "items_missing", reason, "the items here are stored", uri=self.file.uri))
        else:
            for finding in reported_findings(reported, self.file.uri):
                self.log.add(finding)
        models = self.results.models(self.model_id) if self.results else None
        return self.packer.last(models, reported_frame(reported))


def task_of(file: LogFile, results: Results | None, settings: SourceSettings) -> str:
    """The task of a samples file: of the tasks the results file knows, the longest that the name holds."""
    if settings.task_id is not None:
        return settings.task_id
    stem = file.path.name.split(".jsonl")[0]
    stem = re.sub(rf"_{TIME}$", "", stem)
    named = [task for task in (results.known_tasks if results else ()) if f"_{stem}".endswith(f"_{task}")]
    return max(named, key=len) if named else stem.removeprefix("samples_")


def read(file: LogFile, settings: SourceSettings) -> Iterator[Batch]:
    """The rows of a samples file.

    Raises:
        UnreadableFileError: Nothing says which model they are of.
    """
    path = beside(file.path)
    results = load(path) if path is not None else None
    if "model_id" not in said_by_study(settings) and (results is None or results.model_id is None):
        reason = "no results file of the same time lies beside it, so nothing says which model it is of"
        raise UnreadableFileError("no_model", f"{reason}; put the two together or set model_id in the study file")
    reader = SamplesReader(file, settings, results)
    if results is not None:
        note_name(results, settings, reader.log)
    size = done = 0
    layout = layout_of(file.path, reader.filters)
    for columns in read_columns(file.path, layout) if layout else ():
        batch = reader.take_columns(columns, done + 1)
        if batch is None:
            break
        done += columns.n_rows
        yield batch
    is_whole = layout is not None and done == layout.n_lines
    for line, length, sample in () if is_whole else lines.json_records(file.path, reader.log):
        if line <= done:
            continue
        reader.take(line, sample)
        size += length
        if reader.batch_ready(size):
            reader.settle()
            yield reader.packer.batch()
            size = 0
    yield reader.last()
