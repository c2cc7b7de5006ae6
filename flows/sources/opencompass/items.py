"""One item of OpenCompass as rows: written answers, rounds of a conversation, labels by perplexity or likelihood.

``PPL`` is the mean negative log-probability a token of the whole prompt, examples included. It ranks labels, and is
no log-probability of a choice, so it is not stored as one. ``Loglikelihood`` is one, summed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from flows.sources import values

Row = dict[str, Any]
LABEL = "label: "


def is_item(item: Mapping[str, Any]) -> bool:
    """The keys of an item of any inferencer, as far as they can be seen."""
    asked = {"origin_prompt", "in-context examples", "testing input"} & item.keys()
    return ("prediction" in item and ("gold" in item or bool(asked))) or any(key.startswith(LABEL) for key in item)


def rows(number: str, item: Mapping[str, Any], extracted: str | None) -> Iterator[Row]:
    """Fields of one item."""
    labels = {key.removeprefix(LABEL): values.mapping(found) for key, found in item.items() if key.startswith(LABEL)}
    if labels:
        yield {"item_id": number} | _labelled(item, labels)
    elif isinstance(item.get("choices"), list) and "pred_label" in item:
        yield {"item_id": number} | _conditional(item)
    elif _is_rounds(item):
        every = zip(item["origin_prompt"], item["prediction"], values.sequence(item.get("gold")), strict=False)
        for place, (prompt, prediction, gold) in enumerate(every):
            yield {"item_id": f"{number}.{place}", **_written(prompt, prediction, gold)}
    else:
        predictions = item.get("prediction")
        repeats = predictions if isinstance(predictions, list) else [predictions]
        for repeat, prediction in enumerate(repeats):
            answer = extracted if len(repeats) == 1 else None
            written = _written(item.get("origin_prompt"), prediction, item.get("gold"))
            yield {"item_id": number, "repeat": repeat, **written, "extracted": answer}


def _is_rounds(item: Mapping[str, Any]) -> bool:
    prompts, predictions = item.get("origin_prompt"), item.get("prediction")
    if not isinstance(prompts, list) or not isinstance(predictions, list) or len(prompts) != len(predictions):
        return False
    return all(isinstance(prompt, list) for prompt in prompts)


def _written(prompt: object, prediction: object, gold: object) -> Row:
    return {
        "prompt": prompt_of(prompt),
        "output": values.text(prediction),
        "targets": values.texts(gold) or None,
    }


def _labelled(item: Mapping[str, Any], labels: Mapping[str, Mapping[str, Any]]) -> Row:
    """Labels that were each put into the prompt."""
    gold = values.text(item.get("gold"))
    names = list(labels)
    place = names.index(gold) if gold in names else None
    likely = [values.number(found.get("Loglikelihood")) for found in labels.values()]
    prompt = values.text(item.get("origin_prompt"))
    return {
        "prompt": prompt or values.text(labels[names[0]].get("testing input")),
        "output": values.text(item.get("prediction")),
        "extracted": values.text(item.get("prediction")),
        "targets": None if gold is None else [gold],
        "choices": names,
        "gold": place,
        "choice_logprobs": None if None in likely else likely,
        "target_logprob": None if place is None else likely[place],
    }


def _conditional(item: Mapping[str, Any]) -> Row:
    """Choices ranked by the probability of one token; whether they are logarithms is not said."""
    choices = values.texts(item.get("choices")) or []
    best, gold = values.whole(item.get("pred_label")), values.whole(item.get("gold"))
    place = gold if gold is not None and 0 <= gold < len(choices) else None
    answer = choices[best] if best is not None and 0 <= best < len(choices) else None
    return {
        "prompt": values.text(item.get("prompt")),
        "output": answer,
        "extracted": answer,
        "choices": choices or None,
        "gold": place,
        "targets": None if place is None else [choices[place]],
    }


def prompt_of(value: object) -> str | None:
    """A text, or the messages of a conversation under their roles."""
    if isinstance(value, str):
        return value
    messages = [values.mapping(one) for one in values.sequence(value)]
    said = [(str(one.get("role")), values.text(one.get("prompt", one.get("content"))) or "") for one in messages if one]
    return said[0][1] if len(said) == 1 else "\n\n".join(f"{role}: {text}" for role, text in said) or None
