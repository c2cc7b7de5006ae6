"""One row of details as fields: structs since 0.11, flat columns before, every cell a printed text in 0.6."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from flows.sources import values

Row = dict[str, Any]
LONGEST_CELL = 16 * 2**20
GENERATIVE, LOGPROBS, PERPLEXITY = "GENERATIVE", "LOGPROBS", "PERPLEXITY"


def unprinted(cell: object) -> object:
    """A cell of 0.6, where lists and objects are printed as Python does; other texts are texts."""
    if not isinstance(cell, str) or cell[:1] not in ("[", "{") or len(cell) > LONGEST_CELL:
        return None if cell == "None" else cell
    try:
        return ast.literal_eval(cell)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return cell


def as_numbers(value: object) -> list[float] | None:
    """A list of numbers, also one inside another list, or None."""
    found = values.sequence(value)
    if len(found) == 1 and isinstance(found[0], list):
        found = found[0]
    known = [values.number(one) for one in found]
    numbers = [one for one in known if one is not None]
    return numbers if numbers and len(numbers) == len(known) else None


def golds_of(value: object) -> list[int]:
    """Numbers of the right choices: one, or a list."""
    listed = value if isinstance(value, list) else [value]
    found = [values.whole(one) for one in listed]
    return [one for one in found if one is not None and one >= 0]


def struct_rows(record: Mapping[str, Any]) -> Iterator[Row]:
    """Rows of a record since 0.11."""
    doc, response = values.mapping(record.get("doc")), values.mapping(record.get("model_response"))
    asked = {
        "item_id": values.text(doc.get("id")),
        "prompt": prompt_of(response.get("input")) or values.text(doc.get("query")),
    }
    choices, golds = values.texts(doc.get("choices")), golds_of(doc.get("gold_index"))
    kind = sampling(doc, response, choices)
    if kind == LOGPROBS:
        yield (
            asked
            | choice_fields(response.get("logprobs"), response.get("output_tokens"), choices, golds)
            | greedy(response.get("argmax_logits_eq_gold"), golds)
        )
    elif kind == PERPLEXITY:
        yield asked | whole_text(response, values.text(doc.get("query")))
    else:
        cleaned = values.texts(response.get("text_post_processed"))
        yield from written(asked, values.texts(response.get("text")), cleaned, choices, golds)


def sampling(doc: Mapping[str, Any], response: Mapping[str, Any], choices: Sequence[str] | None) -> str:
    """How the model was asked."""
    named = [str(one).upper().rpartition(".")[2] for one in values.sequence(doc.get("sampling_methods"))]
    known = [one for one in named if one in (GENERATIVE, LOGPROBS, PERPLEXITY)]
    if known:
        return known[0]
    logprobs = values.sequence(response.get("logprobs"))
    return LOGPROBS if logprobs and not response.get("text") and len(logprobs) == len(choices or ()) else GENERATIVE


def choice_fields(logprobs: object, tokens: object, choices: Sequence[str] | None, golds: Sequence[int]) -> Row:
    """Choices with their log-probabilities and numbers of tokens."""
    found = as_numbers(logprobs)
    counts = [len(one) if isinstance(one, list) else 1 for one in values.sequence(tokens)]
    shown = [values.without_one_space(choice) for choice in choices or ()]
    fits = found is not None and len(found) == len(shown)
    gold = golds[0] if len(golds) == 1 and golds[0] < len(shown) else None
    row: Row = {
        "choices": shown or None,
        "choice_logprobs": found if fits else None,
        "choice_n_tokens": counts if fits and len(counts) == len(shown) and all(counts) else None,
        "gold": gold,
        "targets": [shown[place] for place in golds if place < len(shown)] or None,
    }
    if gold is not None and choices is not None:
        row["n_target_bytes"] = len(choices[gold].encode("utf-8", "replace"))
        row["target_logprob"] = found[gold] if fits and found is not None else None
        row["n_target_tokens"] = row["choice_n_tokens"][gold] if row["choice_n_tokens"] else None
    return row


def greedy(value: object, golds: Sequence[int]) -> Row:
    """Whether the model would have written the right choice."""
    found = values.sequence(value)
    return {"is_greedy": values.truth(found[golds[0]]) if len(golds) == 1 and golds[0] < len(found) else None}


def whole_text(response: Mapping[str, Any], text: str | None) -> Row:
    """A text scored token by token."""
    logprobs = as_numbers(response.get("logprobs"))
    ranked = [values.truth(one) for one in values.sequence(response.get("argmax_logits_eq_gold"))]
    is_known = logprobs is not None and len(ranked) == len(logprobs) and None not in ranked
    return {
        "prompt": None,
        "targets": None if text is None else [text],
        "target_logprobs": logprobs,
        "target_is_argmax": ranked if is_known else None,
        "target_logprob": None if logprobs is None else sum(logprobs),
        "n_target_tokens": None if logprobs is None else len(logprobs),
        "n_target_bytes": None if text is None else len(text.encode("utf-8", "replace")),
    }


def written(
    asked: Row,
    outputs: Sequence[str] | None,
    cleaned: Sequence[str] | None,
    choices: Sequence[str] | None,
    golds: Sequence[int],
) -> Iterator[Row]:
    """One row a repeat."""
    targets = [choices[place] for place in golds if place < len(choices)] if choices else None
    extracted = cleaned if cleaned is not None and outputs is not None and len(cleaned) == len(outputs) else None
    for repeat, output in enumerate(outputs or ()):
        answer = extracted[repeat] if extracted else None
        yield asked | {"repeat": repeat, "output": output, "extracted": answer, "targets": targets or None}


def flat_rows(record: Mapping[str, Any]) -> Iterator[Row]:
    """Rows of a record before 0.11."""
    found = {name: unprinted(cell) for name, cell in record.items()}
    asked = {"item_id": None, "prompt": prompt_of(found.get("full_prompt")) or values.text(found.get("example"))}
    choices, golds = values.texts(found.get("choices")), golds_of(found.get("gold_index"))
    logprobs = as_numbers(found.get("prediction_logits", found.get("pred_logits")))
    if logprobs is not None and choices and len(logprobs) == len(choices):
        yield asked | choice_fields(logprobs, found.get("cont_tokens"), choices, golds)
        return
    predictions = found.get("predictions")
    outputs = values.texts(predictions) if isinstance(predictions, list) else None
    targets = values.texts(found.get("gold")) or None
    yield from written(asked | {"targets": targets}, outputs, None, targets, range(len(targets or ())))


def prompt_of(value: object) -> str | None:
    """A text, or the messages of a conversation under their roles."""
    if isinstance(value, str):
        return value
    messages = [values.mapping(one) for one in values.sequence(value)]
    said = [f"{one.get('role')}: {values.text(one.get('content')) or ''}" for one in messages if one]
    return "\n\n".join(said) or None
