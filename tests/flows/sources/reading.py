"""Reads one file as the pull does, and gives all that came of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from flows.sources.registry import LogFile, recognise, sources
from flows.sources.reported import REPORTED_SCHEMA
from flows.sources.schema import Finding

CASES = Path(__file__).resolve().parents[2] / "cases"


@dataclass(frozen=True)
class Read:
    """What came of one file."""

    format: str
    samples: pl.DataFrame
    findings: tuple[Finding, ...]
    n_quarantined: int
    reported: pl.DataFrame
    models: pl.DataFrame | None

    @property
    def rows(self) -> list[dict[str, Any]]:
        return self.samples.to_dicts()

    def kinds(self) -> list[str]:
        return [finding.kind for finding in self.findings]

    def finding(self, kind: str) -> Finding:
        """The one finding of a kind."""
        (found,) = [finding for finding in self.findings if finding.kind == kind]
        return found

    def column(self, name: str) -> list[Any]:
        return self.samples[name].to_list()

    def scores(self) -> dict[tuple[str, str | None], tuple[float, float | None]]:
        """By metric and filter (or subset): the log's number and the recomputed one."""
        return {
            (row["metric"], row["subset"] or row["filter"]): (row["value"], row["recomputed"])
            for row in self.reported.to_dicts()
        }


def read(path: Path, format: str | None = None, **settings: Any) -> Read:
    """Recognise a file, or take the reader named, and read it to its end."""
    reader = recognise(path) if format is None else sources()[format]
    batches = list(reader.read(LogFile(path.name, path), reader.settings(uri=(path.name,), **settings)))
    reported = [batch.reported for batch in batches if batch.reported is not None]
    models = [batch.models for batch in batches if batch.models is not None]
    return Read(
        format=reader.format,
        samples=pl.concat([batch.samples for batch in batches]),
        findings=tuple(finding for batch in batches for finding in batch.findings),
        n_quarantined=sum(batch.n_quarantined for batch in batches),
        reported=pl.concat([pl.DataFrame(schema=REPORTED_SCHEMA), *reported]),
        models=pl.concat(models) if models else None,
    )
