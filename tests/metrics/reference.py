"""The stored ladders and what the prototype of the method says about them (made by tests/reference/verdict/make.py)."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from metrics.constants import Constants
from metrics.decide import Decision, TokenData, decide

FOLDER = Path(__file__).resolve().parents[1] / "reference" / "verdict"

# the step that decides, by how the prototype's reason begins
STEPS = {
    "ladder too short": "0 too short",
    "at most": "1 resolution",
    "smooth and exact metric both at ceiling": "1 saturated",
    "no trend": "1 flat",
    "no change detected": "1 no change shown",
    "exact match falls": "2 fall of exact match",
    "exact match indistinguishable": "3 resolution",
    "exact match does not change": "3 exact match unchanged",
    "the smooth metric is at zero": "4 silent below the jump",
    "the smooth metric is at its floor": "4 silent below the jump",
    "the smooth metric stays": "1b guessing",
    "a jump between sizes": "4 run noise",
    "runs of the two sizes": "4 runs overlap",
    "one run falls": "7 single run falls",
    "smooth metric jumps": "4 break",
    "onset: the smooth metric": "6 onset",
    "onset: little": "6 late progress",
    "smooth metric is smooth but the clustering": "7 structure suspect",
    "smooth metric is smooth but correctness": "7 score map",
    "smooth metric is smooth but the compounding": "7 own map",
    "smooth metric is smooth but a constant": "7 constant map",
    "improves smoothly": "7 smooth",
    "only exact match": "7 exact match only",
    "exact match looks emergent": "7 mirage",
    "a jump of up to": "8 jump not excluded",
}


@cache
def ladders(version: int) -> tuple[dict[str, Any], ...]:
    """Arguments of `decide` for every stored ladder of a version."""
    stored = np.load(FOLDER / f"ladders-{version}.npz")
    found = []
    for i in range(sum(name.startswith("x_") for name in stored.files)):
        correct = stored[f"K_{i}"].astype(float)
        ladder: dict[str, Any] = {
            "x": stored[f"x_{i}"],
            "correct_tokens": correct,
            "target_lengths": stored[f"L_{i}"],
            "exact_match": np.unpackbits(stored[f"exact_{i}"], count=correct.size).reshape(correct.shape),
        }
        if f"score_{i}" in stored:
            ladder["score"] = stored[f"score_{i}"].astype(float)
        if f"cluster_{i}" in stored:
            ladder["cluster"] = stored[f"cluster_{i}"]
        if f"chance_{i}" in stored:
            ladder["chance"] = float(stored[f"chance_{i}"])
        if version > 1:
            ladder["tokens"] = _tokens(stored, i, len(correct))
        found.append(ladder)
    return tuple(found)


def _tokens(stored: Any, i: int, n_runs: int) -> TokenData:
    """What is stored of single tokens of one ladder."""
    parts: dict[str, Any] = {}
    if f"classes_{i}" in stored:
        classes = stored[f"classes_{i}"].astype(int)
        shape = (n_runs, *classes.shape)
        right = np.unpackbits(stored[f"flags_{i}"], count=int(np.prod(shape))).reshape(shape)
        parts |= {"classes": classes, "flags": np.where(classes >= 0, right, -1)}
    if f"floor_{i}" in stored:
        parts["floor"] = stored[f"floor_{i}"]
    if f"lp_{i}" in stored:
        parts["log_probabilities"] = -(stored[f"lp_{i}"] / 16.0)
    if f"base_{i}" in stored:
        parts["unigram"] = float(stored[f"base_{i}"])
    return TokenData(**parts)


@cache
def expected(name: str) -> tuple[dict[str, Any], ...]:
    """What a prototype says about each, in the same order: "1", "2", or "2-counts" for version 2 on version 1's."""
    return tuple(json.loads((FOLDER / f"expected-{name}.json").read_text()))


@cache
def decisions(name: str) -> tuple[Decision, ...]:
    """Our verdicts on the same ladders, decided once a test session; names as for what is expected."""
    constants = Constants(method=int(name[0]))
    return tuple(decide(**ladder, constants=constants) for ladder in ladders(2 if name == "2" else 1))


def step(row: dict[str, Any]) -> str:
    """Name of the step that decided in the prototype."""
    if row["verdict"] == "structure_change":
        # found before or after the scan, it is the same verdict for the same reason
        return "structure"
    if row["verdict"] == "non_monotone" and row["reason"] != "exact match falls":
        return str(row["reason"])
    return next(name for start, name in STEPS.items() if row["reason"].startswith(start))
