"""The contract that every metric keeps, built in or a user's own, checked by scoring made-up samples."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import polars as pl

from metrics.batch import Batch
from metrics.contract_samples import perfect_samples, varied_samples, worst_samples
from metrics.registry import NAME, Metric
from metrics.samples import SAMPLE_SCHEMA
from metrics.scores import score_group

KINDS = ("discontinuous", "smooth", "count")
_ROUNDING = 1e-9
_SHOWN = 40
"""Characters shown of a text in an example."""


@dataclass(frozen=True)
class Clause:
    """One clause of the contract and what breaks it.

    Attributes:
        name: What it is about, in words.
        problems: What breaks it, each with an example where a sample shows it; none where the metric keeps it.
    """

    name: str
    problems: tuple[str, ...]


def check_metric(declared: Metric) -> tuple[str, ...]:
    """Everything in which a metric breaks the contract, in words; empty where it keeps it. See ``check_clauses``."""
    return tuple(f"{clause.name}: {problem}" for clause in check_clauses(declared) for problem in clause.problems)


def check_clauses(declared: Metric) -> tuple[Clause, ...]:
    """Hold a metric to every clause of the contract.

    The clauses: a complete declaration; Float64 of the batch's length; no NaN, no infinity and nothing outside the
    bounds; the best value for perfect samples and a worse one for the worst; NULL for rows that lack what is needed;
    the same scores whatever the order of the rows, the size of the batch and the number of calls; nothing for nothing;
    the samples left as they were. A metric that raises breaks the clause under check, with the error's own words.
    """
    checks = (_check_bounds, _check_direction, _check_rows_alone, _check_nulls, _check_empty, _check_samples_kept)
    found = [Clause("declaration", tuple(_declaration_problems(declared)))]
    for check in checks:
        problems: list[str] = []
        try:
            problems += check(declared)
        except Exception as error:  # a user's function may raise anything
            problems.append(f"raised {type(error).__name__}: {error}")
        found.append(Clause(_words(check), tuple(problems)))
    return tuple(found)


def _words(check: Callable[[Metric], Iterator[str]]) -> str:
    return check.__name__.removeprefix("_check_").replace("_", " ")


def _declaration_problems(declared: Metric) -> Iterator[str]:
    if not NAME.fullmatch(declared.name):
        yield f"name {declared.name!r}: use lower-case letters, digits and underscores, a letter first"
    for field in ("label", "unit", "definition", "source"):
        if not getattr(declared, field):
            yield f"{field} is empty"
    if declared.kind not in KINDS:
        yield f"kind {declared.kind!r}; choose from {', '.join(KINDS)}"
    if declared.version < 1:
        yield f"version {declared.version}; the first is 1"
    if not declared.needs:
        yield "needs names no column; a metric reads one or more columns of sample"
    for column in declared.columns:
        if column not in SAMPLE_SCHEMA:
            yield f"needs {column!r}, which is no column of sample; choose from {', '.join(SAMPLE_SCHEMA)}"
    if declared.low is not None and declared.high is not None and declared.low >= declared.high:
        yield f"low {declared.low:g} is not below high {declared.high:g}"


def _scores(declared: Metric, samples: pl.DataFrame) -> pl.Series:
    return declared.function(Batch(samples))


def _check_bounds(declared: Metric) -> Iterator[str]:
    for name, samples in _all_samples().items():
        values = _scores(declared, samples)
        if not isinstance(values, pl.Series):
            yield f"gave {type(values).__name__} for the {name} samples; give a polars Series"
            return
        if values.dtype != pl.Float64:
            yield f"gave {values.dtype} for the {name} samples; give Float64"
            return
        if len(values) != samples.height:
            yield f"gave {len(values)} values for {samples.height} {name} samples; give one a row"
            return
        broken = {
            "gave NaN or infinity; give NULL where there is no score": values.is_finite().not_(),
            f"gave less than low {declared.low}": _beyond(values, declared.low, -1),
            f"gave more than high {declared.high}": _beyond(values, declared.high, 1),
        }
        if declared.kind == "discontinuous":
            between = (values != declared.low) & (values != declared.high)
            broken["is discontinuous but gave a value between low and high"] = between
        for words, rows in broken.items():
            if rows.any():
                yield f"{words}: {_example(samples, values, rows)}"


def _beyond(values: pl.Series, bound: float | None, sign: int) -> pl.Series:
    if bound is None:
        return pl.repeat(False, len(values), eager=True)
    return sign * (values - bound) > _ROUNDING


def _example(samples: pl.DataFrame, values: pl.Series, rows: pl.Series) -> str:
    """The first of the rows in words: the score, and what it was given for."""
    place = int(rows.fill_null(False).arg_max() or 0)
    row = samples.row(place, named=True)
    output, targets = _short(row["output"]), [_short(target) for target in row["targets"]]
    return f"{values[place]!r} for output {output!r} with targets {targets!r}"


def _short(text: str) -> str:
    return text if len(text) <= _SHOWN else text[: _SHOWN - 1] + "…"


def _all_samples() -> dict[str, pl.DataFrame]:
    return {"perfect": perfect_samples(), "worst": worst_samples(), "varied": varied_samples()}


def _check_direction(declared: Metric) -> Iterator[str]:
    ideal_samples = perfect_samples(declared.examples)
    best, bad = _scores(declared, ideal_samples), _scores(declared, worst_samples())
    if best.null_count() or bad.null_count():
        yield "gave NULL for perfect or worst samples, in which every column is present"
        return
    if declared.kind == "count":
        return
    ideal = declared.high if declared.higher_is_better else declared.low
    if ideal is not None and (missed := (best - ideal).abs() > _ROUNDING).any():
        yield f"the best value declared is {ideal:g}, but a perfect sample got {_example(ideal_samples, best, missed)}"
    worse = (bad.max() < best.min()) if declared.higher_is_better else (bad.min() > best.max())  # type: ignore[operator]
    if not worse:
        yield f"gave {bad.to_list()} for the worst samples and {best.to_list()} for perfect ones"


def _check_rows_alone(declared: Metric) -> Iterator[str]:
    samples = varied_samples()
    whole = _scores(declared, samples)
    pieces = [_scores(declared, samples.slice(start, 7)) for start in range(0, samples.height, 7)]
    others = {
        "when called again on the same samples": _scores(declared, samples),
        "when the rows were reversed": _scores(declared, samples.reverse()).reverse(),
        "in batches of 7; a score may depend on its own row only": pl.concat(pieces),
    }
    for when, other in others.items():
        differs = ~whole.eq_missing(other) & ~((whole - other).abs() <= _ROUNDING).fill_null(False)
        if differs.any():
            place = int(differs.arg_max() or 0)
            yield f"gave other scores {when}: {_example(samples, whole, differs)}, then {other[place]!r}"


def _check_nulls(declared: Metric) -> Iterator[str]:
    for need in declared.needs:
        emptied = [pl.lit(None).cast(SAMPLE_SCHEMA[column]).alias(column) for column in need.split("|")]
        samples = perfect_samples().with_columns(emptied)
        scores = score_group(samples, declared.needs, [declared])[declared.name]
        if scores.null_count() < samples.height:
            yield f"gave a score where {need} is NULL"


def _check_empty(declared: Metric) -> Iterator[str]:
    if len(_scores(declared, perfect_samples().clear())):
        yield "gave scores for no samples"


def _check_samples_kept(declared: Metric) -> Iterator[str]:
    samples = perfect_samples()
    _scores(declared, samples)
    if not samples.equals(perfect_samples()):
        yield "changed the samples it was given"
