"""The synthetic tasks: right answers, and no test question in training."""

from __future__ import annotations

from itertools import islice
from random import Random

import pytest

from flows.lab.family import FamilyPlan
from flows.lab.study_file import study_file
from flows.lab.tasks import LETTERS, PARITY_POSITIONS, TASKS, Task, held_out_items, is_test_key, training_items

BY_NAME = {task.name: task for task in TASKS}


def solve(name: str, prompt: str) -> str:
    """The answer, found another way than the task makes it."""
    body = prompt[1:-1]
    match name:
        case "add3" | "add4" | "mul3x1" | "chain":
            return str(eval(body))
        case "modadd97":
            return str(eval(body) % 97)
        case "reverse":
            return "".join(reversed(body))
        case "sort6":
            return "".join(str(d) * body.count(str(d)) for d in range(10))
        case "caesar6":
            twice = LETTERS + LETTERS
            return "".join(twice[twice.index(c) + int(body[0])] for c in body[1:])
        case "perm5":
            first, second = body.split("*")
            return "".join(dict(zip("12345", second, strict=True))[c] for c in first)
        case "parity3of12":
            return str([body[p] for p in PARITY_POSITIONS].count("1") & 1)
        case "chain_cot":
            total, *terms = map(int, body.split("+"))
            steps = []
            for term in terms:
                steps.append(f"{total}+{term}={total + term}")
                total += term
            return ";".join(steps)
        case _:
            raise AssertionError(name)


@pytest.mark.parametrize("task", TASKS, ids=[t.name for t in TASKS])
def test_answers_are_right(task: Task) -> None:
    for item in held_out_items(task, 60):
        assert item.prompt[0] == task.prefix
        assert item.target == solve(task.name, item.prompt)


@pytest.mark.parametrize("task", TASKS, ids=[t.name for t in TASKS])
def test_no_test_question_is_in_training(task: Task) -> None:
    test = held_out_items(task, 500)
    assert len({item.key for item in test}) == 500
    assert all(is_test_key(task.name, item.key) for item in test)
    training = {item.key for item in islice(training_items(task, Random(3)), 4000)}
    assert training.isdisjoint(item.key for item in test)


def test_swapped_operands_are_the_same_question() -> None:
    keys = {item.key for item in islice(training_items(BY_NAME["add3"], Random(1)), 500)}
    assert all(int(a) <= int(b) for a, b in (key.split("+") for key in keys))


def test_asking_for_more_items_than_there_are_says_how_many() -> None:
    with pytest.raises(ValueError, match=r"'parity3of12' has only \d+ distinct test items, 4000 were asked for"):
        held_out_items(BY_NAME["parity3of12"], 4000)


def test_prefixes_are_unique() -> None:
    assert len({task.prefix for task in TASKS}) == len(TASKS) >= 10


def test_the_embedded_study_file_is_the_plans() -> None:
    from flows.lab import family

    embedded = (family.Path(family.__file__).parent.parent / "demo" / "study.toml").read_text(encoding="utf-8")
    assert embedded == study_file(FamilyPlan())
