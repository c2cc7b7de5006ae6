"""The contract that every metric keeps, built in or a user's own, checked by scoring made-up samples."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from functools import cache

import polars as pl

from metrics.batch import Batch
from metrics.registry import NAME, Metric
from metrics.scores import score_group

SAMPLE_SCHEMA: dict[str, pl.DataType | type[pl.DataType]] = {
    "run_id": pl.String,
    "item_id": pl.String,
    "repeat": pl.Int32,
    "prompt": pl.String,
    "output": pl.String,
    "extracted": pl.String,
    "targets": pl.List(pl.String),
    "choices": pl.List(pl.String),
    "choice_logprobs": pl.List(pl.Float64),
    "choice_unconditional_logprobs": pl.List(pl.Float64),
    "choice_n_tokens": pl.List(pl.Int32),
    "gold": pl.Int32,
    "target_logprobs": pl.List(pl.Float64),
    "target_is_argmax": pl.List(pl.Boolean),
    "end_logprob": pl.Float64,
    "target_logprob": pl.Float64,
    "n_target_tokens": pl.Int32,
    "n_target_bytes": pl.Int32,
    "is_greedy": pl.Boolean,
}
"""Columns that a metric may need; those of table ``sample``, and the choices' log-probabilities without a question."""

KINDS = ("discontinuous", "smooth", "count")
_TEXTS = (
    "",
    " ",
    "12",
    "12 apples",
    "-3.5e2",
    "a=1; b=2;c=3",
    "A",
    "The answer is (B).",
    "é🙂e\u0301",
    "שלום",
    "你好\t1",
    "\n",
)
_ROUNDING = 1e-9


def _row(output: str, target: str, *, right: bool) -> dict[str, object]:
    n_tokens = max(len(target), 1)
    logprob = 0.0 if right else -900.0
    return {
        "prompt": "Q: 1+1=",
        "output": output,
        "extracted": output,
        "targets": [target],
        "choices": ["yes", "no"],
        "choice_logprobs": [0.0, -900.0] if right else [-900.0, 0.0],
        "choice_unconditional_logprobs": [-1.0, -1.0],
        "choice_n_tokens": [1, 1],
        "gold": 0,
        "target_logprobs": [logprob] * n_tokens,
        "target_is_argmax": [right] * n_tokens,
        "end_logprob": logprob,
        "target_logprob": logprob * n_tokens,
        "n_target_tokens": n_tokens,
        "n_target_bytes": max(len(target.encode()), 1),
        "is_greedy": right,
    }


def _frame(rows: list[dict[str, object]]) -> pl.DataFrame:
    keys = [{"run_id": "run", "item_id": f"{index:05d}", "repeat": 0} for index in range(len(rows))]
    return pl.DataFrame([key | row for key, row in zip(keys, rows, strict=True)], schema=SAMPLE_SCHEMA)


def perfect_samples(examples: Sequence[tuple[str, str]] = ()) -> pl.DataFrame:
    """Samples that a metric must give its best value: right and certain; outputs and targets by its own examples."""
    pairs = examples or tuple((text, text) for text in ("12", "7", "-350"))
    return _frame([_row(output, target, right=True) for output, target in pairs])


def worst_samples() -> pl.DataFrame:
    """Samples that no metric may like: nothing in common with the target, and certain of it."""
    wrong = (("", "12"), ("qqqqqqqqqq", "7"), ("zz; z", "-350"))
    return _frame([_row(output, target, right=False) for output, target in wrong])


@cache
def varied_samples(n: int = 60, seed: int = 0) -> pl.DataFrame:
    """Samples of every sort: empty, of several scripts, with one target or more, with one choice to five."""
    pick = random.Random(seed)
    rows = []
    for _ in range(n):
        target = pick.choice(_TEXTS)
        row = _row(pick.choice(_TEXTS), target, right=pick.random() < 0.5)
        n_choices = pick.randint(1, 5)
        row |= {
            "targets": [target] if pick.random() < 0.6 else [target, pick.choice(_TEXTS)],
            "choices": [pick.choice(_TEXTS) for _ in range(n_choices)],
            "choice_logprobs": [-10 * pick.random() for _ in range(n_choices)],
            "choice_unconditional_logprobs": [-10 * pick.random() for _ in range(n_choices)],
            "choice_n_tokens": [pick.randint(1, 4) for _ in range(n_choices)],
            "gold": pick.randrange(n_choices),
            "target_logprobs": [-3 * pick.random() for _ in range(pick.randint(1, 6))],
            "target_logprob": -9 * pick.random(),
        }
        rows.append(row)
    return _frame(rows)


def check_metric(declared: Metric) -> tuple[str, ...]:
    """Every clause of the contract that a metric breaks, in words; empty where it keeps all of them.

    The clauses: a complete declaration; Float64 of the batch's length; no NaN, no infinity and nothing outside the
    bounds; the best value for perfect samples and a worse one for the worst; NULL for rows that lack what is needed;
    the same scores whatever the order of the rows, the size of the batch and the number of calls; nothing for nothing;
    the samples left as they were. A metric that raises breaks the clause under check, with the error's own words.
    """
    problems = list(_declaration_problems(declared))
    for clause in (_check_bounds, _check_direction, _check_rows_alone, _check_nulls, _check_empty, _check_samples_kept):
        try:
            problems += clause(declared)
        except Exception as error:  # a user's function may raise anything
            problems.append(f"{_words(clause)}: raised {type(error).__name__}: {error}")
    return tuple(problems)


def _words(clause: Callable[[Metric], Iterator[str]]) -> str:
    return clause.__name__.removeprefix("_check_").replace("_", " ")


def _declaration_problems(declared: Metric) -> Iterator[str]:
    if not NAME.fullmatch(declared.name):
        yield f"name {declared.name!r}: use lower-case letters, digits and underscores, a letter first"
    for field in ("label", "unit", "definition", "source"):
        if not getattr(declared, field):
            yield f"declaration: {field} is empty"
    if declared.kind not in KINDS:
        yield f"declaration: kind {declared.kind!r}; choose from {', '.join(KINDS)}"
    if declared.version < 1:
        yield f"declaration: version {declared.version}; the first is 1"
    if not declared.needs:
        yield "declaration: needs names no column; a metric reads one or more columns of sample"
    for column in declared.columns:
        if column not in SAMPLE_SCHEMA:
            yield f"declaration: needs {column!r}, which is no column of sample; choose from {', '.join(SAMPLE_SCHEMA)}"
    if declared.low is not None and declared.high is not None and declared.low >= declared.high:
        yield f"declaration: low {declared.low:g} is not below high {declared.high:g}"


def _scores(declared: Metric, samples: pl.DataFrame) -> pl.Series:
    return declared.function(Batch(samples))


def _check_bounds(declared: Metric) -> Iterator[str]:
    for name, samples in _all_samples().items():
        values = _scores(declared, samples)
        if not isinstance(values, pl.Series):
            yield f"bounds: gave {type(values).__name__} for the {name} samples; give a polars Series"
            return
        if values.dtype != pl.Float64:
            yield f"bounds: gave {values.dtype} for the {name} samples; give Float64"
            return
        if len(values) != samples.height:
            yield f"bounds: gave {len(values)} values for {samples.height} {name} samples; give one a row"
            return
        known = values.drop_nulls()
        if not known.is_finite().all():
            yield f"bounds: gave NaN or infinity for the {name} samples; give NULL where there is no score"
        if declared.low is not None and (known < declared.low - _ROUNDING).any():
            yield f"bounds: gave {known.min()!r} for the {name} samples, below low {declared.low:g}"
        if declared.high is not None and (known > declared.high + _ROUNDING).any():
            yield f"bounds: gave {known.max()!r} for the {name} samples, above high {declared.high:g}"
        if declared.kind == "discontinuous" and not ((known == declared.low) | (known == declared.high)).all():
            yield f"bounds: is discontinuous but gave values between low and high for the {name} samples"


def _all_samples() -> dict[str, pl.DataFrame]:
    return {"perfect": perfect_samples(), "worst": worst_samples(), "varied": varied_samples()}


def _check_direction(declared: Metric) -> Iterator[str]:
    best, bad = _scores(declared, perfect_samples(declared.examples)), _scores(declared, worst_samples())
    if best.null_count() or bad.null_count():
        yield "direction: gave NULL for perfect or worst samples, in which every column is present"
        return
    if declared.kind == "count":
        return
    ideal = declared.high if declared.higher_is_better else declared.low
    if ideal is not None and ((best - ideal).abs() > _ROUNDING).any():
        yield f"direction: gave {best.to_list()} for perfect samples; the best value declared is {ideal:g}"
    worse = (bad.max() < best.min()) if declared.higher_is_better else (bad.min() > best.max())  # type: ignore[operator]
    if not worse:
        yield f"direction: gave {bad.to_list()} for the worst samples and {best.to_list()} for perfect ones"


def _check_rows_alone(declared: Metric) -> Iterator[str]:
    samples = varied_samples()
    whole = _scores(declared, samples)
    if not whole.equals(_scores(declared, samples), null_equal=True):
        yield "rows alone: gave other scores when called again on the same samples"
    if not _close(whole, _scores(declared, samples.reverse()).reverse()):
        yield "rows alone: gave other scores when the rows were reversed"
    pieces = pl.concat(_scores(declared, samples.slice(start, 7)) for start in range(0, samples.height, 7))
    if not _close(whole, pieces):
        yield "rows alone: gave other scores in batches of 7; a score may depend on its own row only"


def _close(left: pl.Series, right: pl.Series) -> bool:
    if not (left.is_null() == right.is_null()).all():
        return False
    return bool(((left - right).abs().drop_nulls() <= _ROUNDING).all())


def _check_nulls(declared: Metric) -> Iterator[str]:
    for need in declared.needs:
        emptied = [pl.lit(None).cast(SAMPLE_SCHEMA[column]).alias(column) for column in need.split("|")]
        samples = perfect_samples().with_columns(emptied)
        scores = score_group(samples, declared.needs, [declared])[declared.name]
        if scores.null_count() < samples.height:
            yield f"nulls: gave a score where {need} is NULL"


def _check_empty(declared: Metric) -> Iterator[str]:
    if len(_scores(declared, perfect_samples().clear())):
        yield "empty: gave scores for no samples"


def _check_samples_kept(declared: Metric) -> Iterator[str]:
    samples = perfect_samples()
    _scores(declared, samples)
    if not samples.equals(perfect_samples()):
        yield "samples kept: changed the samples it was given"
