"""The chain of decisions told from the stored numbers."""

from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np
import pytest

from metrics.constants import Constants
from metrics.decide import decide
from metrics.explain import Step, explain
from metrics.generator import KINDS, Design, generate


def chain(kind: str, method: int = 3, seed: int = 0, **design: int) -> tuple[str, tuple[Step, ...]]:
    made = generate(np.random.default_rng(seed), kind, Design(**({"n_scales": 8} | design)))
    constants = Constants(method=method)
    found = decide(made.x, made.correct_tokens, made.target_lengths, made.exact_match, constants=constants)
    # as the warehouse gives it back
    row, settings, evidence = (
        json.loads(json.dumps(part)) for part in (asdict(found), asdict(constants), found.evidence)
    )
    return str(found.evidence["decided_by"]), explain(row, settings, evidence)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("method", [1, 2, 3, 4, 5])
def test_one_step_decides_and_those_after_it_were_not_reached(kind, method):
    for seed in range(3):
        decided_by, steps = chain(kind, method, seed)
        states = [step.state for step in steps]
        at = states.index("decides")
        assert states.count("decides") == 1
        assert steps[at].label == decided_by.split()[0]
        assert set(states[:at]) <= {"passed"}
        assert set(states[at + 1 :]) <= {"not reached"}
        labels = [step.label for step in steps]
        assert ("1a" in labels, "8b" in labels) == (method >= 3, method >= 5)
        for step in steps[: at + 1]:
            assert step.numbers
            assert all(number.value for number in step.numbers)
        assert not any(step.numbers for step in steps[at + 1 :])


def test_a_break_shows_its_bounds_under_every_family():
    decided_by, steps = chain("switch", n_runs=3)
    assert decided_by == "4 break"
    step = next(step for step in steps if step.state == "decides")
    shown = {number.meaning: (number.value, number.limit) for number in step.numbers}
    value, limit = shown["lower bound of the jump there, logit"]
    assert float(value) > 0.3
    assert limit == "above 0.3 is a claim"
    assert "the same beyond Gompertz curves, logit" in shown


def test_a_ladder_too_short_is_decided_first():
    decided_by, steps = chain("line", n_scales=3)
    assert decided_by == "0 too short"
    assert steps[0].state == "decides"
    assert steps[0].numbers[0].value == "3"
