"""Findings of one file, kept short however many rows are concerned."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from flows.sources.schema import Finding, Severity

SHOWN_EACH = 20


class FindingLog:
    """Collects the findings of one file: the first rows of each kind one by one, the rest as a count.

    Attributes:
        uri: The file.
        n_quarantined: Rows left out so far.
    """

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self.n_quarantined = 0
        self._n_taken = 0
        self._fresh: list[Finding] = []
        self._quarantined: Counter[str] = Counter()
        self._noted: dict[tuple[Severity, str, str, str], tuple[int, int]] = {}

    def quarantine(self, kind: str, line: int | None, reason: str) -> None:
        """Say that one row is left out."""
        self.n_quarantined += 1
        self._quarantined[kind] += 1
        if self._quarantined[kind] <= SHOWN_EACH:
            self._fresh.append(Finding("error", kind, reason, "row left out", uri=self.uri, line=line))

    def note(self, severity: Severity, kind: str, lines: Iterable[int], reason: str, action: str) -> None:
        """Say that these rows share a defect; they become one finding, with their number and the first line."""
        concerned = list(lines)
        if concerned:
            key = (severity, kind, reason, action)
            count, first = self._noted.get(key, (0, concerned[0]))
            self._noted[key] = (count + len(concerned), first)

    def add(self, finding: Finding) -> None:
        """Say something about the file as a whole."""
        self._fresh.append(finding)

    def take(self) -> tuple[Finding, ...]:
        """Findings since the last call."""
        fresh, self._fresh = tuple(self._fresh), []
        return fresh

    def take_quarantined(self) -> int:
        """Rows left out since the last call."""
        count, self._n_taken = self.n_quarantined - self._n_taken, self.n_quarantined
        return count

    def close(self) -> tuple[Finding, ...]:
        """What is left to say once the file is read: counts."""
        for kind, count in self._quarantined.items():
            if count > SHOWN_EACH:
                reason = f"{count - SHOWN_EACH:,} more rows like the {SHOWN_EACH} before"
                self._fresh.append(Finding("error", kind, reason, "rows left out", uri=self.uri))
        for (severity, kind, reason, action), (count, first) in self._noted.items():
            rows = "1 row" if count == 1 else f"{count:,} rows"
            self._fresh.append(Finding(severity, kind, f"{rows}: {reason}", action, uri=self.uri, line=first))
        self._quarantined.clear()
        self._noted.clear()
        return self.take()
