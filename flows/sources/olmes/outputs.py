"""Outputs of a prediction as rows, in one unit: nats and counts.

``sum_logits`` are summed natural log-probabilities despite their name. ``logits_per_byte`` is positive and in bits,
``logits_per_char`` and ``logits_per_token`` are negative and in nats, so none of the three is stored.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flows.sources import recompute, values

Row = dict[str, Any]
NEARLY_WHOLE = 1e-3
ACCURACIES = ("acc_raw", "acc_per_token", "acc_per_char", "acc_per_byte", "acc_uncond")


@dataclass(frozen=True)
class Request:
    """What the requests file says of a question: its prompt, and its continuations where it has some."""

    prompt: str | None
    continuations: Sequence[str]


@dataclass(frozen=True)
class Output:
    """One element of ``model_output``."""

    said: Mapping[str, Any]

    @property
    def text(self) -> str | None:
        """What was written."""
        return values.text(self.said.get("continuation", self.said.get("text")))

    @property
    def logprob(self) -> float | None:
        """nats, summed."""
        return values.number(self.said.get("sum_logits"))

    @property
    def n_tokens(self) -> int | None:
        """Tokens of the continuation."""
        return values.whole(self.said.get("num_tokens"))

    @property
    def n_bytes(self) -> int | None:
        """UTF-8 bytes: as stated, else what the bits a byte and the nats imply, where that is a whole number."""
        stated = values.whole(self.said.get("num_bytes"))
        bits = values.number(self.said.get("bits_per_byte", self.said.get("logits_per_byte")))
        if stated is not None or not bits or self.logprob is None or bits <= 0 or not math.isfinite(bits):
            return stated
        implied = -self.logprob / (bits * math.log(2))
        if not math.isfinite(implied) or abs(implied - round(implied)) > NEARLY_WHOLE * max(1.0, implied):
            return None
        return round(implied)


def outputs(prediction: Mapping[str, Any]) -> list[Output]:
    """What the model gave: one output a choice, or one a repeat."""
    return [Output(values.mapping(one)) for one in values.sequence(prediction.get("model_output"))]


def gold_of(prediction: Mapping[str, Any]) -> int | None:
    """Number of the right choice."""
    label = prediction.get("label")
    if isinstance(label, int):
        return values.whole(label)
    return values.whole(values.of_path(prediction, "metrics", "correct_choice"))


def has_choices(prediction: Mapping[str, Any], found: Sequence[Output]) -> bool:
    """The outputs are choices that were scored, and no repeats of an answer."""
    if len(found) < 2 or all(one.text is None for one in found):
        return len(found) > 1
    return gold_of(prediction) is not None and all(one.logprob is not None for one in found)


def rows(prediction: Mapping[str, Any], found: Sequence[Output], request: Request | None) -> Iterator[Row]:
    """Fields of one prediction."""
    prompt = None if request is None else request.prompt
    if has_choices(prediction, found):
        yield {"prompt": prompt} | choice_row(prediction, found, request)
        return
    label = prediction.get("label")
    targets = values.texts(label) or None
    for repeat, one in enumerate(found):
        row: Row = {"repeat": repeat, "prompt": prompt}
        if one.text is None:
            continuation = request.continuations[0] if request and request.continuations else None
            row |= {"targets": [continuation] if continuation else targets, "target_logprob": one.logprob}
            row |= {"n_target_tokens": one.n_tokens, "n_target_bytes": one.n_bytes}
            row["is_greedy"] = values.truth(one.said.get("is_greedy"))
        else:
            row |= {"output": one.text, "targets": targets}
            row["extracted"] = values.text(one.said.get("extracted_answer"))
        yield row


def choice_row(prediction: Mapping[str, Any], found: Sequence[Output], request: Request | None) -> Row:
    """A row of choices; their texts are only in the requests."""
    texts = request.continuations if request and len(request.continuations) == len(found) else None
    n_tokens = [one.n_tokens for one in found]
    logprobs = [one.logprob for one in found]
    plain = [values.number(one.said.get("sum_logits_uncond")) for one in found]
    gold = gold_of(prediction)
    row: Row = {
        "choices": [values.without_one_space(text) for text in texts] if texts else None,
        "choice_logprobs": None if None in logprobs else logprobs,
        "choice_unconditional_logprobs": None if None in plain else plain,
        "choice_n_tokens": None if None in n_tokens else n_tokens,
        "gold": gold,
    }
    if gold is not None and 0 <= gold < len(found):
        right = found[gold]
        row |= {"target_logprob": right.logprob, "n_target_tokens": right.n_tokens, "n_target_bytes": right.n_bytes}
        row["is_greedy"] = values.truth(right.said.get("is_greedy"))
        row["targets"] = [row["choices"][gold]] if texts else None
    return row


def accuracies(row: Row, found: Sequence[Output]) -> Iterator[tuple[str, float | None]]:
    """The tool's accuracies of one row of choices by name."""
    logprobs = row["choice_logprobs"]
    if logprobs is None:
        yield from ((name, None) for name in ACCURACIES)
        return
    lengths = {
        "acc_per_token": [one.n_tokens for one in found],
        "acc_per_char": [values.whole(one.said.get("num_chars")) for one in found],
        "acc_per_byte": [one.n_bytes for one in found],
    }
    yield "acc_raw", _hit(row, logprobs)
    for name, counts in lengths.items():
        known = [count for count in counts if count]
        each = [value / count for value, count in zip(logprobs, known, strict=False)]
        yield name, _hit(row, each) if len(known) == len(logprobs) else None
    plain = [values.number(one.said.get("sum_logits_uncond")) for one in found]
    known_plain = [value for value in plain if value is not None]
    gains = [value - other for value, other in zip(logprobs, known_plain, strict=False)]
    yield "acc_uncond", _hit(row, gains) if len(known_plain) == len(logprobs) else None


def _hit(row: Row, scores: Sequence[float]) -> float | None:
    gold = row.get("gold")
    if gold is None or not scores or any(math.isnan(score) for score in scores):
        return None
    return 1.0 if recompute.first_largest(scores) == gold else 0.0
