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

from metrics.errors import MirageError

if TYPE_CHECKING:
    from metrics.batch import Batch

Kind = Literal["discontinuous", "smooth", "count"]
MetricFunction = Callable[["Batch"], pl.Series]
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
        unit: ``share`` ([0,1]), ``edits``, ``tokens`` or ``nats/token``.
        low: Lowest possible value; None where unbounded.
        high: Highest possible value; None where unbounded.
        higher_is_better: Direction.
        needs: Columns of ``sample`` that must not be NULL; where one is, the score is NULL.
        version: Raised when the definition changes; stored with every score.
        definition: One sentence for people.
        source: Paper, formula or convention it follows.
        tokenization: Name of the tokenisation it reads; None: it reads none.
        function: Scores a batch in which every needed column is present; Float64, one value a row.
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
        )
        return function

    return register


def find(name: str) -> Metric:
    """The metric of that name.

    Raises:
        MetricError: There is none; the message lists those there are.
    """
    try:
        return METRICS[name]
    except KeyError:
        raise MetricError(f"metric {name!r} does not exist; choose from {', '.join(sorted(METRICS))}") from None


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
            "tokenization": pl.String,
            "definition": pl.String,
            "source": pl.String,
        },
    )
