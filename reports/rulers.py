"""The four rulers every ladder page holds against the same outputs."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

Kind = Literal["cliff", "slope"]


@dataclass(frozen=True)
class Ruler:
    """One of the four panels; it keeps its place whether or not its metric could be computed.

    Attributes:
        key: Short name in the page's data and in the charts' names.
        label: Name for people.
        kind: ``cliff`` (all or nothing) or ``slope`` (partial credit): colour, mark and words.
        unit: Unit of its metrics.
        metrics: Metrics it can show, best first; ``{tokens}`` is the ladder's tokenization.
        how: One line that defines it; ``{tokens}`` is the plural of the tokens.
    """

    key: str
    label: str
    kind: Kind
    unit: str
    metrics: tuple[str, ...]
    how: tuple[str, ...]

    def candidates(self, tokenization: str) -> tuple[str, ...]:
        """Names of the metrics it can show, best first."""
        return tuple(name.format(tokens=tokenization) for name in self.metrics)

    def choose(self, tokenization: str, available: Collection[str]) -> str:
        """The metric it shows: the best one available, else the best one."""
        names = self.candidates(tokenization)
        return next((name for name in names if name in available), names[0])

    def definition(self, metric: str, tokenization: str) -> str:
        """One line on the metric it shows."""
        line = self.how[self.candidates(tokenization).index(metric)]
        return line.format(tokens=TOKEN_WORDS.get(tokenization, "tokens"))


TOKEN_WORDS = {"char": "characters", "word": "words", "digit": "digits and words"}

RULERS: tuple[Ruler, ...] = (
    Ruler("em", "Exact match", "cliff", "share", ("exact_match",), ("1 if the whole output equals the target",)),
    Ruler(
        "es",
        "Edit similarity",
        "slope",
        "share",
        ("token_edit_similarity_{tokens}",),
        ("1 \u2212 edits ÷ longer length, in {tokens}",),
    ),
    Ruler(
        "ta",
        "Token accuracy",
        "slope",
        "share",
        ("teacher_forced_accuracy", "per_token_accuracy_{tokens}"),
        ("share of target tokens ranked first", "share of target {tokens} right, aligned"),
    ),
    Ruler(
        "ll",
        "Log-likelihood",
        "slope",
        "nats/token",
        ("target_log_likelihood",),
        ("mean ln p of a target token, in nats",),
    ),
)

RULER: dict[str, Ruler] = {ruler.key: ruler for ruler in RULERS}
