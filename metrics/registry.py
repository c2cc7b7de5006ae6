"""The catalogue of metrics: one decorated function each, and everything else follows from the declaration.

The score columns, the plan of what can be computed, the ``metric`` table and the contract tests are all read from
``METRICS``; adding a metric is adding one function.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import polars as pl

from metrics.arrays import Floats
from metrics.errors import MirageError

if TYPE_CHECKING:
    from metrics.batch import Batch

Kind = Literal["discontinuous", "smooth", "count"]
MetricFunction = Callable[["Batch"], pl.Series]
Chance = Callable[[Floats], Floats]
NAME = re.compile(r"[a-z][a-z0-9_]*")


class MetricError(MirageError):
    """A metric is declared twice, misdeclared, or asked for by a name that does not exist."""


@dataclass(frozen=True)
class Metric:
    """One ruler for one output.

    Attributes:
        name: Column name in ``score``.
        label: Name for people.
        kind: ``discontinuous`` (all or nothing), ``smooth`` (partial credit) or ``count`` (a helper, no score).
        unit: ``share`` ([0,1]), ``edits``, ``tokens``, ``nats``, ``nats/token``, ``bits/byte``, ``digits``, ``log10``
            or ``squares`` (a sum of squared probabilities).
        low: Lowest possible value; None where unbounded.
        high: Highest possible value; None where unbounded.
        higher_is_better: Direction.
        needs: Columns of ``sample`` that must not be NULL; where one is, the score is NULL. ``a|b``: one of the two
            suffices.
        version: Raised when the definition changes; stored with every score.
        definition: One sentence for people.
        source: Paper, formula or convention it follows.
        tokenization: Name of the tokenisation it reads; None: it reads none.
        function: Scores a batch in which every needed column is present; Float64, one value a row.
        default: Scored in every study whose data allow it; else only where a study names it.
        chance: Expected score of guessing among K choices with equal probability, as a function of K; None: the score
            does not come from choices.
        examples: Pairs of output and target that must get the best value, for the contract; none: an output equal to
            the target must.
    """

    name: str
    label: str
    kind: Kind
    unit: str
    low: float | None
    high: float | None
    higher_is_better: bool
    needs: tuple[str, ...]
    version: int
    definition: str
    source: str
    tokenization: str | None
    function: MetricFunction
    default: bool = True
    chance: Chance | None = None
    examples: tuple[tuple[str, str], ...] = ()

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns of ``sample`` that it may read, alternatives included."""
        return tuple(column for need in self.needs for column in need.split("|"))


METRICS: dict[str, Metric] = {}


def metric(
    name: str,
    *,
    label: str,
    kind: Kind,
    unit: str,
    low: float | None,
    high: float | None,
    needs: tuple[str, ...],
    source: str,
    definition: str,
    higher_is_better: bool = True,
    tokenization: str | None = None,
    version: int = 1,
    default: bool = True,
    chance: Chance | None = None,
    examples: tuple[tuple[str, str], ...] = (),
) -> Callable[[MetricFunction], MetricFunction]:
    """Register a function as a metric; see ``Metric`` for the fields.

    Raises:
        MetricError: The name is taken or is not lower-case snake case.
    """
    if not NAME.fullmatch(name):
        raise MetricError(f"metric name {name!r}: use lower-case letters, digits and underscores, a letter first")
    if name in METRICS:
        raise MetricError(f"metric {name!r} is declared twice; give one of the two another name")

    def register(function: MetricFunction) -> MetricFunction:
        METRICS[name] = Metric(
            name=name,
            label=label,
            kind=kind,
            unit=unit,
            low=low,
            high=high,
            higher_is_better=higher_is_better,
            needs=needs,
            version=version,
            definition=definition,
            source=source,
            tokenization=tokenization,
            function=function,
            default=default,
            chance=chance,
            examples=examples,
        )
        return function

    return register


def default_metrics() -> list[Metric]:
    """Metrics that are scored where a study names none, in the order of the catalogue."""
    return [declared for declared in METRICS.values() if declared.default]


Derivation = Callable[[Metric, str], Metric | None]
DERIVATIONS: list[Derivation] = []
"""Rules that make a metric from ``base__rule``; each gives None where the rule is not its own."""


def find(name: str) -> Metric:
    """The metric of that name; ``base__rule`` is derived from ``base`` and entered in the catalogue when first asked.

    Raises:
        MetricError: There is none; the message lists those there are.
    """
    if name not in METRICS:
        derived = _derive(name)
        if derived is None:
            raise MetricError(f"metric {name!r} does not exist; choose from {', '.join(sorted(METRICS))}")
        METRICS[name] = derived
    return METRICS[name]


def _derive(name: str) -> Metric | None:
    base, separator, rule = name.rpartition("__")
    if not separator or not (base in METRICS or "__" in base):
        return None
    found = (derive(find(base), rule) for derive in DERIVATIONS)
    return next((derived for derived in found if derived is not None), None)


def catalogue() -> pl.DataFrame:
    """Every metric as one row: the content of the warehouse's ``metric`` table."""
    return pl.DataFrame(
        [
            {
                "name": m.name,
                "label": m.label,
                "kind": m.kind,
                "unit": m.unit,
                "low": m.low,
                "high": m.high,
                "higher_is_better": m.higher_is_better,
                "needs": list(m.needs),
                "version": m.version,
                "grain": "output",
                "tokenization": m.tokenization,
                "definition": m.definition,
                "source": m.source,
            }
            for m in METRICS.values()
        ],
        schema={
            "name": pl.String,
            "label": pl.String,
            "kind": pl.String,
            "unit": pl.String,
            "low": pl.Float64,
            "high": pl.Float64,
            "higher_is_better": pl.Boolean,
            "needs": pl.List(pl.String),
            "version": pl.Int32,
            "grain": pl.String,
            "tokenization": pl.String,
            "definition": pl.String,
            "source": pl.String,
        },
    )
