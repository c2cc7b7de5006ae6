"""One row of a samples file as fields of a sample; text from 0.4.3 on, real numbers before."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flows.sources import values
from flows.sources.lm_eval.gold import Choice, several

Row = dict[str, Any]
NO_TARGET = (None, "", "None")


@dataclass(frozen=True)
class Request:
    """One request of a row.

    Attributes:
        prompt: First argument.
        continuation: Second argument where it is a text; None for generation and for rolling log-likelihood.
        is_generation: The second argument says how to write.
        responses: One a repeat: a text, a pair of log-probability and greediness, or a list of one log-probability.
    """

    prompt: str | None
    continuation: str | None
    is_generation: bool
    responses: Sequence[Any]


def requests(sample: Mapping[str, Any]) -> list[Request]:
    """The requests of a row: objects ``gen_args_0`` from 0.4.3 on, lists of arguments before."""
    given = sample.get("arguments")
    if isinstance(given, dict):
        listed = [[values.mapping(given[name]).get(f"arg_{place}") for place in (0, 1)] for name in given]
    else:
        listed = [[*values.sequence(found), None, None][:2] for found in values.sequence(given)]
    responses = values.sequence(sample.get("resps"))
    return [
        Request(
            values.text(first),
            second if isinstance(second, str) else None,
            isinstance(second, dict),
            values.sequence(found),
        )
        for (first, second), found in zip(listed, responses, strict=False)
    ]


def is_generation(found: Sequence[Request]) -> bool:
    """The model wrote text of its own."""
    return bool(found) and found[0].is_generation


def generated(sample: Mapping[str, Any], request: Request) -> Iterator[Row]:
    """One row a repeat. What a filter made of several repeats together belongs to none of them."""
    filtered = _unwrapped(sample.get("filtered_resps"))
    outputs = request.responses
    extracted = filtered if len(filtered) == len(outputs) else [None] * len(outputs)
    targets = target_texts(sample)
    for repeat, (output, answer) in enumerate(zip(outputs, extracted, strict=True)):
        yield {
            "repeat": repeat,
            "prompt": request.prompt,
            "output": values.text(output),
            "extracted": values.text(answer),
            "targets": targets,
        }


def _unwrapped(filtered: object) -> Sequence[Any]:
    found = values.sequence(filtered)
    return found[0] if len(found) == 1 and isinstance(found[0], list) else found


def target_texts(sample: Mapping[str, Any]) -> list[str] | None:
    """Targets of a written answer; a text that prints a list of the document stands for its elements."""
    target = sample.get("target")
    if isinstance(target, list):
        return values.texts(target) or None
    if target in NO_TARGET:
        return None
    listed = [found for found in values.mapping(sample.get("doc")).values() if isinstance(found, list) and found]
    same = [found for found in listed if str(found) == target and all(isinstance(part, str) for part in found)]
    one = values.text(target)
    return list(same[0]) if same else None if one is None else [one]


def loglikelihood(request: Request) -> Row:
    """One continuation that was scored, or a whole text where there is no continuation."""
    response = values.sequence(_first(request.responses))
    scored = request.prompt if request.continuation is None else request.continuation
    return {
        "prompt": None if request.continuation is None else request.prompt,
        "targets": None if scored is None else [scored],
        "target_logprob": values.number(_first(response) if response else _first(request.responses)),
        "is_greedy": values.truth(response[1]) if len(response) > 1 else None,
        "n_target_bytes": None if scored is None else len(scored.encode("utf-8", "replace")),
    }


def choice_of(sample: Mapping[str, Any], found: Sequence[Request]) -> tuple[Choice, Sequence[Request]]:
    """The choices of a row. Unconditional requests, which have no prompt and double the rest, are set apart."""
    half = len(found) // 2
    continuations = [one.continuation for one in found]
    doubled = len(found) % 2 == 0 and half > 1 and continuations[:half] == continuations[half:]
    unconditional = None
    if doubled and all(one.prompt == "" for one in found[half:]):
        found, unconditional = found[:half], _logprobs(found[half:])
    contexts_differ = len({one.prompt for one in found}) > 1 and len({one.continuation for one in found}) == 1
    shown = [one.prompt if contexts_differ else one.continuation for one in found]
    choice = Choice(
        target=sample.get("target"),
        choices=[values.without_one_space(text or "") for text in shown],
        logprobs=_logprobs(found),
        acc=values.number(sample.get("acc")),
        contexts_differ=contexts_differ,
        unconditional=unconditional,
    )
    return choice, found


def _logprobs(found: Sequence[Request]) -> list[float] | None:
    """Summed log-probability of each continuation; None unless every one has one."""
    logprobs = [values.number(_first(values.sequence(_first(one.responses)))) for one in found]
    known = [value for value in logprobs if value is not None]
    return known if len(known) == len(logprobs) else None


def chosen(choice: Choice, found: Sequence[Request], gold: int | None) -> Row:
    """A multiple-choice row once its gold is known."""
    golds = [gold] if gold is not None else several(choice) or []
    row: Row = {
        "prompt": None if choice.contexts_differ else found[0].prompt,
        "choices": list(choice.choices),
        "choice_logprobs": None if choice.logprobs is None else list(choice.logprobs),
        "choice_unconditional_logprobs": None if choice.unconditional is None else list(choice.unconditional),
        "gold": gold,
        "targets": [choice.choices[place] for place in golds] or None,
    }
    if gold is not None:
        scored = found[gold].continuation or ""
        row["target_logprob"] = None if choice.logprobs is None else choice.logprobs[gold]
        row["is_greedy"] = loglikelihood(found[gold])["is_greedy"]
        row["n_target_bytes"] = len(scored.encode("utf-8", "replace"))
    return row


def _first(found: Sequence[Any]) -> Any:
    return found[0] if found else None
