"""Queries of BIG-bench as rows: written answers, choices with target values, and bare log-likelihoods."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

from flows.sources import recompute, values

Row = dict[str, Any]
GENERATION, CHOICE, LIKELIHOOD = "generate_text", "multiple_choice", "cond_log_prob"


def kind_of(query: Mapping[str, Any]) -> str | None:
    """What a query asked for; it has choices when its first sample has target values, as the tool's loader decides."""
    function = query.get("function")
    samples = values.sequence(query.get("samples"))
    if function == GENERATION:
        return GENERATION
    if function != LIKELIHOOD:
        return None
    return CHOICE if samples and "target_values" in values.mapping(samples[0]) else LIKELIHOOD


def row_of(kind: str, sample: Mapping[str, Any]) -> Row:
    """Fields of one sample."""
    return {GENERATION: _written, CHOICE: _chosen, LIKELIHOOD: _likely}[kind](sample)


def _written(sample: Mapping[str, Any]) -> Row:
    raw, output = values.text(sample.get("raw_output")), values.text(sample.get("output"))
    return {
        "prompt": values.text(sample.get("input")),
        "output": output if raw is None else raw,
        "extracted": output,
        "targets": list(values.mapping(sample.get("targets"))) or values.texts(sample.get("targets")) or None,
    }


def _chosen(sample: Mapping[str, Any]) -> Row:
    row = _likely(sample)
    choices = row.pop("targets", None) or row.get("choices") or []
    worth = [values.number(values.mapping(sample.get("target_values")).get(choice)) or 0.0 for choice in choices]
    best = [place for place, value in enumerate(worth) if value > 0 and value == max(worth)]
    absolute = _absolute(sample)
    row |= {
        "choices": choices or None,
        "choice_logprobs": _logprobs(sample),
        "gold": best[0] if len(best) == 1 and sum(value > 0 for value in worth) == 1 else None,
        "targets": [choices[place] for place in best] or None,
    }
    gold = row["gold"]
    row["target_logprob"] = absolute[gold] if gold is not None and absolute and len(absolute) == len(choices) else None
    row["n_target_bytes"] = None if gold is None else _n_bytes(choices[gold])
    return row


def _likely(sample: Mapping[str, Any]) -> Row:
    targets = values.texts(sample.get("targets")) or []
    absolute = _absolute(sample)
    row: Row = {"prompt": values.text(sample.get("input"))}
    if len(targets) != 1:
        return row | {"choices": targets or None, "choice_logprobs": _logprobs(sample)}
    row |= {"targets": targets, "n_target_bytes": _n_bytes(targets[0])}
    return row | {"target_logprob": absolute[0] if absolute and len(absolute) == 1 else None}


def _n_bytes(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


def _absolute(sample: Mapping[str, Any]) -> list[float] | None:
    """Log-likelihoods; plain ``scores`` are normalised over the choices, and no likelihoods."""
    return _numbers(sample.get("absolute_scores"))


def _logprobs(sample: Mapping[str, Any]) -> list[float] | None:
    return _absolute(sample) or _numbers(sample.get("scores"))


def _numbers(value: object) -> list[float] | None:
    found = [values.number(one) for one in values.sequence(value)]
    known = [one for one in found if one is not None]
    return known if known and len(known) == len(found) else None


def scores_of(kind: str, row: Row, sample: Mapping[str, Any]) -> Iterator[tuple[str, float | None, str]]:
    """Metric, value and route of what the tool's own metrics make of a sample."""
    if kind == GENERATION:
        yield "exact_str_match", recompute.equal(row), "outputs"
        listed = [values.mapping(found) for found in values.mapping(sample.get("targets")).values()]
        for name in {name for found in listed for name in found} - {"exact_str_match"}:
            known = [value for found in listed if (value := values.number(found.get(name))) is not None]
            yield name, max(known, default=None), "item_scores"
    if kind == CHOICE:
        logprobs, choices = _numbers(sample.get("scores")), row.get("choices") or []
        worth = [values.number(values.mapping(sample.get("target_values")).get(choice)) for choice in choices]
        if not logprobs or len(logprobs) != len(choices) or None in worth:
            yield "multiple_choice_grade", None, "outputs"
            return
        yield "multiple_choice_grade", worth[recompute.first_largest(logprobs)], "outputs"
        for value in _brier(logprobs, [one or 0.0 for one in worth]):
            yield "calibration_multiple_choice_brier_score", value, "outputs"


def _brier(logprobs: list[float], worth: list[float]) -> Iterator[float | None]:
    """One term a choice, so that their mean over all choices of all samples is the tool's micro-average."""
    largest, total_worth = max(logprobs), sum(worth)
    if not math.isfinite(largest) or not all(math.isfinite(value) for value in worth):
        yield None
        return
    weights = [math.exp(value - largest) for value in logprobs]
    total = sum(weights)
    for weight, value in zip(weights, worth, strict=True):
        p, y = weight / total, value / total_worth if total_worth else 0.0
        yield y * (p - 1) ** 2 + (1 - y) * p**2
