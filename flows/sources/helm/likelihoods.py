"""Log-likelihoods of HELM: of references that were each put behind the question, and of whole texts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from flows.sources import values
from flows.sources.helm.states import Row, State, base_row, completions, references, tokens

ORIGINAL, CALIBRATION = "original", "calibration"


@dataclass(frozen=True)
class Scored:
    """Sum of log-probabilities (nats) of a reference, and its tokens."""

    logprob: float
    n_tokens: int


def scored_reference(state: State, text: str) -> Scored | None:
    """The tokens at the end that spell the reference; None where no token boundary lies before it.

    The echoed prompt is part of the tokens, and the tool's own count comes from a tokenizer that is not at hand.
    """
    found = completions(state)
    spelled, total, n_tokens = "", 0.0, 0
    for token, logprob in reversed(tokens(found[0]) if found else []):
        if logprob is None:
            return None
        spelled, total, n_tokens = token + spelled, total + logprob, n_tokens + 1
        if spelled.strip() == text.strip():
            return Scored(total, n_tokens)
        if len(spelled) > len(text) + 1:
            return None
    return None


@dataclass
class Choices:
    """The states of one question, one a reference and mode.

    Attributes:
        line: Of the first.
        first: The first.
        by_mode: Mode and number of the reference to its state.
    """

    line: int
    first: State
    by_mode: dict[tuple[str, int], State] = field(default_factory=dict)

    def add(self, state: State) -> None:
        """One more state."""
        place = values.whole(state.get("reference_index"))
        if place is not None:
            self.by_mode[str(state.get("request_mode") or ORIGINAL), place] = state

    def scored(self, mode: str) -> list[Scored] | None:
        """One score a reference, or None where one is missing."""
        found = []
        for place, (text, _) in enumerate(references(self.first)):
            state = self.by_mode.get((mode, place))
            score = None if state is None else scored_reference(state, text)
            if score is None:
                return None
            found.append(score)
        return found or None

    def row(self) -> Row:
        """The question with its choices."""
        listed = references(self.first)
        golds = [place for place, (_, is_right) in enumerate(listed) if is_right]
        scored = self.scored(ORIGINAL)
        gold = golds[0] if len(golds) == 1 else None
        row = base_row(self.first) | {
            "repeat": values.whole(self.first.get("train_trial_index")) or 0,
            "prompt": self._prompt(),
            "choices": [text for text, _ in listed] or None,
            "gold": gold,
            "targets": [listed[place][0] for place in golds] or None,
            "choice_logprobs": None if scored is None else [one.logprob for one in scored],
            "choice_n_tokens": None if scored is None else [one.n_tokens for one in scored],
        }
        if scored is not None and gold is not None:
            row |= {"target_logprob": scored[gold].logprob, "n_target_tokens": scored[gold].n_tokens}
            row["n_target_bytes"] = len(listed[gold][0].encode("utf-8", "replace"))
        return row

    def _prompt(self) -> str | None:
        """What stands before every reference."""
        prompt, text = values.text(values.of_path(self.first, "request", "prompt")), ""
        place = values.whole(self.first.get("reference_index")) or 0
        listed = references(self.first)
        if 0 <= place < len(listed):
            text = listed[place][0]
        return prompt.removesuffix(text).rstrip(" ") if prompt and text else prompt

    def exact_match(self, method: str) -> float | None:
        """By HELM's rule: mean log-probability a token, or its gain over the calibration; ties count in part."""
        scored, plain = self.scored(ORIGINAL), self.scored(CALIBRATION)
        golds = {place for place, (_, is_right) in enumerate(references(self.first)) if is_right}
        if scored is None or not golds:
            return None
        if method.endswith("calibrated"):
            if plain is None:
                return None
            scores = [one.logprob - other.logprob for one, other in zip(scored, plain, strict=True)]
        else:
            scores = [one.logprob / one.n_tokens for one in scored]
        best = {place for place, score in enumerate(scores) if score == max(scores)}
        return len(best & golds) / len(best)


def whole_text(states: Sequence[State]) -> Row:
    """A text that was scored in one or several windows, without the tokens each is conditioned on."""
    spelled: list[tuple[str, float | None]] = []
    for state in states:
        found = completions(state)
        skipped = values.whole(state.get("num_conditioning_tokens")) or 0
        spelled += tokens(found[0])[skipped:] if found else []
    logprobs = [logprob for _, logprob in spelled if logprob is not None]
    text = "".join(token for token, _ in spelled)
    is_whole = bool(logprobs) and len(logprobs) == len(spelled)
    return base_row(states[0]) | {
        "prompt": None,
        "targets": [text] if text else None,
        "target_logprobs": logprobs if is_whole else None,
        "target_logprob": sum(logprobs) if is_whole else None,
        "n_target_tokens": len(spelled) or None,
        "n_target_bytes": len(text.encode("utf-8", "replace")) or None,
    }


def without_logprobs(row: Row) -> Row:
    """The row of a run whose client gave no log-probabilities and wrote 0.0 for each."""
    names = ("choice_logprobs", "choice_n_tokens", "target_logprobs", "target_logprob")
    return {name: None if name in names else value for name, value in row.items()}


def all_zero(states: Sequence[Mapping[str, object]]) -> bool:
    """Every token of every completion has log-probability exactly 0.0: the client gave none."""
    found = [logprob for state in states for one in completions(state) for _, logprob in tokens(one)]
    return bool(found) and all(logprob == 0.0 for logprob in found)
