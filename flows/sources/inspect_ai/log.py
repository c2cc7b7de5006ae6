"""All samples of a log of Inspect, from an archive or a document."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

from flows.sources import documents, values
from flows.sources.archives import Archive, open_archive
from flows.sources.finding_log import FindingLog
from flows.sources.inspect_ai.header import HEADER, START, Header
from flows.sources.inspect_ai.sample import Resolve, Sample, worth
from flows.sources.packing import Packer
from flows.sources.registry import Batch, LogFile, SourceSettings, UnreadableFileError
from flows.sources.reported import Reported, reported_findings, reported_frame
from flows.sources.schema import Finding

WHOLE_SAMPLE = re.compile(r"samples/.+_epoch_\d+\.json", re.DOTALL)
CHUNKED_SAMPLE = re.compile(r"(samples/.+_epoch_\d+)/sample\.json", re.DOTALL)
AVERAGES = ("accuracy", "mean")

Samples = Iterator[tuple[int, int, Sample]]


def archive_samples(file: LogFile, settings: SourceSettings, log: FindingLog) -> Iterator[Batch]:
    """The samples of an archive. The id in a member's name is not escaped, so it is read from the sample itself."""
    with open_archive(file.path) as archive:
        for name in archive.unsafe:
            reason = f"member {name!a} has a name that leads out of the archive"
            log.add(Finding("warning", "unsafe_name", reason, "left out", uri=file.uri))
        name = HEADER if HEADER in archive.names else START
        if name == START:
            reason = "the log has no header, so its run did not end"
            log.add(Finding("warning", "not_finished", reason, "its samples so far are read", uri=file.uri))
        said = documents.parse_document(archive.read(name), name)
        yield from read_samples(Header(values.mapping(said)), _members(archive, log), settings, log)


def _members(archive: Archive, log: FindingLog) -> Samples:
    for number, name in enumerate(archive.names, 1):
        chunked = CHUNKED_SAMPLE.fullmatch(name)
        if not chunked and not WHOLE_SAMPLE.fullmatch(name):
            continue
        try:
            data = archive.read(name)
            said = documents.parse_document(data, name)
            resolve = _chunks(archive, chunked[1]) if chunked else _by_hash(values.mapping(said))
        except UnreadableFileError as error:
            log.quarantine(error.kind, number, error.reason)
            continue
        if isinstance(said, dict):
            yield number, len(data), Sample(said, resolve)
        else:
            log.quarantine("not_an_object", number, f"member {name!a} is no JSON object")


def _by_hash(said: Mapping[str, Any]) -> Resolve:
    attachments = values.mapping(said.get("attachments"))
    return lambda name: values.text(attachments.get(name))


def _chunks(archive: Archive, folder: str) -> Resolve:
    """Attachments of a chunked sample, by their number: each chunk is a list and named by the number of its first."""
    texts: dict[str, str | None] = {}
    for name in archive.names:
        found = re.fullmatch(re.escape(folder) + r"/attachments/(\d+)\.json", name)
        if found:
            listed = values.sequence(documents.parse_document(archive.read(name), name))
            texts |= {str(place): values.text(one) for place, one in enumerate(listed, int(found[1]))}
    return texts.get


def document_samples(said: Mapping[str, Any]) -> Samples:
    """The samples inside a document."""
    for number, sample in enumerate(values.sequence(said.get("samples")), 1):
        found = values.mapping(sample)
        yield number, 2_000, Sample(found, _by_hash(found))


def read_samples(header: Header, samples: Samples, settings: SourceSettings, log: FindingLog) -> Iterator[Batch]:
    """Rows in batches, and at the end the scores of the log compared with those of its samples."""
    packer = Packer(log, settings)
    _note_status(header, log)
    run = {
        "model_id": header.model_id,
        "task_id": header.task_id,
        "n_shots": header.n_shots,
        "prompting": header.prompting,
    }
    met = _Scores(header)
    for number, size, sample in samples:
        failed = sample.failed
        if failed is not None:
            log.quarantine("failed_sample", number, f"the sample ended in an error: {failed}")
            continue
        row = sample.row()
        met.add(row["item_id"], sample)
        if row["output"] is None:
            log.note("warning", "no_output", [number], "no output, or an attachment that is missing", "output is NULL")
        packer.add(number, run | row, size)
        if packer.is_full:
            yield packer.batch()
    reported = met.reported(run | packer.fixed)
    _note_scores(header, met, reported, log)
    end = packer.companion if met.n == 0 and log.n_quarantined == 0 and reported else packer.last
    yield end(reported=reported_frame(reported))


def _note_status(header: Header, log: FindingLog) -> None:
    status = header.said.get("status")
    if status not in (None, "success"):
        reason = f"the log has status {status!r}, so its run did not end as planned"
        log.add(Finding("warning", "not_finished", reason, "its samples are read", uri=log.uri))
    if header.said.get("invalidated") is True:
        reason = "its authors marked the log as invalid"
        log.add(Finding("warning", "invalidated", reason, "its samples are read; leave the file out", uri=log.uri))


def _note_scores(header: Header, met: _Scores, reported: list[Reported], log: FindingLog) -> None:
    if met.n == 0 and reported:
        reason = f"{len(reported):,} scores without samples"
        log.add(Finding("note", "aggregate_only", reason, "kept apart from scores of samples", uri=log.uri))
    elif header.n_samples is not None and header.n_samples != met.n:
        reason = f"the log says {header.n_samples:,} samples, and {met.n:,} without error are here"
        log.add(Finding("warning", "items_missing", reason, "the samples here are stored", uri=log.uri))
    else:
        for finding in reported_findings(reported, log.uri):
            log.add(finding)


class _Scores:
    """Scores of samples by scorer and item; what is unscored does not count."""

    def __init__(self, header: Header) -> None:
        self.header = header
        self.n = 0
        self._by_scorer: defaultdict[str, defaultdict[str | None, list[float]]] = defaultdict(lambda: defaultdict(list))

    def add(self, item_id: str | None, sample: Sample) -> None:
        """One sample."""
        self.n += 1
        for scorer, score in sample.scores.items():
            value = worth(values.mapping(score).get("value"))
            if value is not None:
                self._by_scorer[scorer][item_id].append(value)

    def reported(self, run: Mapping[str, Any]) -> list[Reported]:
        """The log's scores, with the means of its samples beside where the metric is a mean."""
        scores = list(self.header.scores())
        errors = {scorer: value for scorer, metric, value in scores if metric == "stderr"}
        found = []
        for scorer, metric, value in scores:
            if metric == "stderr":
                continue
            recomputed = self._mean(scorer) if metric in AVERAGES and self.header.averages_epochs else None
            route = None if recomputed is None else "item_scores"
            found.append(
                Reported(run, metric, value, errors.get(scorer), self.header.n_samples, recomputed, route, scorer)
            )
        return found

    def _mean(self, scorer: str) -> float | None:
        items = self._by_scorer.get(scorer) or self._by_scorer.get("score")
        if not items:
            return None
        means = [sum(found) / len(found) for found in items.values()]
        return sum(means) / len(means)
