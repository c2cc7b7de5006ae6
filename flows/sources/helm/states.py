"""Request states of HELM as rows. A key that is missing means null; perturbed instances are no items of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flows.sources import values

Row = dict[str, Any]
State = Mapping[str, Any]
CORRECT = "correct"


def instance(state: State) -> Mapping[str, Any]:
    """The question of a state."""
    return values.mapping(state.get("instance"))


def references(state: State) -> list[tuple[str, bool]]:
    """Text of each reference, and whether it is right."""
    listed = map(values.mapping, values.sequence(instance(state).get("references")))
    return [
        (str(values.of_path(one, "output", "text") or ""), CORRECT in values.sequence(one.get("tags")))
        for one in listed
    ]


def right_texts(state: State) -> list[str]:
    """The references that are right; there may be several."""
    return [text for text, is_right in references(state) if is_right]


def completions(state: State) -> list[Mapping[str, Any]]:
    """What the model gave back."""
    return [values.mapping(one) for one in values.sequence(values.of_path(state, "result", "completions"))]


def tokens(completion: Mapping[str, Any]) -> list[tuple[str, float | None]]:
    """Text and log-probability of each token."""
    listed = map(values.mapping, values.sequence(completion.get("tokens")))
    return [(str(one.get("text") or ""), values.number(one.get("logprob"))) for one in listed]


def base_row(state: State) -> Row:
    """Fields that every row of a state has."""
    asked = instance(state)
    return {
        "item_id": values.text(asked.get("id")),
        "category": values.text(asked.get("split")),
        "prompt": values.text(values.of_path(state, "request", "prompt")),
    }


def written(state: State) -> Iterator[tuple[Row, float | None]]:
    """One row a completion, with the exact match by HELM's rule."""
    found = completions(state)
    trial = values.whole(state.get("train_trial_index")) or 0
    letters = {key: str(text) for key, text in values.mapping(state.get("output_mapping")).items()}
    right = right_texts(state)
    for place, completion in enumerate(found):
        output = values.text(completion.get("text"))
        row = base_row(state) | {"repeat": trial * len(found) + place, "output": output}
        answer = None if output is None else output.strip()
        if letters:
            choices = list(letters.values())
            golds = [letter for letter, text in letters.items() if text in right]
            row |= {"choices": choices, "targets": golds or None, "extracted": answer}
            row["gold"] = list(letters).index(golds[0]) if len(golds) == 1 else None
            answer = letters.get(answer, answer) if answer is not None else None
        else:
            row["targets"] = right or None
        yield row, _matches(answer, right)


def _matches(answer: str | None, right: Sequence[str]) -> float | None:
    if answer is None or not right:
        return None
    return 1.0 if answer and answer.strip() in {text.strip() for text in right} else 0.0
