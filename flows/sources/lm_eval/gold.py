"""Which choice is right: the log does not say it plainly, so every reading of it is tried against the logged scores.

``target`` is the number of a choice, the text of one, a list of either, or, where the contexts differ and the
continuation is constant, no choice at all. A digit can also be the text of a choice. The reading that is kept must
agree with the logged ``acc`` of every row.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from flows.sources import values
from flows.sources.recompute import first_largest

Row = dict[str, Any]


@dataclass(frozen=True)
class Choice:
    """What one multiple-choice row says about its gold.

    Attributes:
        target: As logged.
        choices: Texts of the choices.
        logprobs: Their log-probabilities.
        acc: The logged score of the row, None where it has none.
        contexts_differ: The prompts differ and the continuation is constant.
        unconditional: Log-probabilities of the choices without the prompt; None where they were not asked for.
    """

    target: object
    choices: Sequence[str]
    logprobs: Sequence[float] | None
    acc: float | None
    contexts_differ: bool
    unconditional: Sequence[float] | None = None


def by_number(choice: Choice) -> int | None:
    """The target is the number of a choice."""
    found = None if choice.contexts_differ else values.whole(choice.target)
    return found if found is not None and 0 <= found < len(choice.choices) else None


def by_text(choice: Choice) -> int | None:
    """The target is the text of exactly one choice."""
    if choice.contexts_differ or not isinstance(choice.target, str):
        return None
    wanted = {choice.target, values.without_one_space(choice.target)}
    places = [place for place, text in enumerate(choice.choices) if text in wanted]
    return places[0] if len(places) == 1 else None


def by_score(choice: Choice) -> int | None:
    """The score of the row says it: the largest where it is 1, the other of two where it is 0."""
    if choice.acc not in (0.0, 1.0) or not choice.logprobs or len(choice.choices) != 2:
        return None
    best = first_largest(choice.logprobs)
    return best if choice.acc == 1.0 else 1 - best


def several(choice: Choice) -> list[int] | None:
    """The target is a list of numbers or of texts of choices."""
    listed = choice.target if isinstance(choice.target, list) else _listed(choice.target)
    if listed is None or len(listed) == 0:
        return None
    if all(isinstance(part, int) and not isinstance(part, bool) for part in listed):
        return [part for part in listed if 0 <= part < len(choice.choices)] if _all_in(listed, choice) else None
    places = {text: place for place, text in enumerate(choice.choices)}
    return [places[part] for part in listed] if all(isinstance(p, str) and p in places for p in listed) else None


def _all_in(listed: Sequence[int], choice: Choice) -> bool:
    return all(0 <= part < len(choice.choices) for part in listed)


def _listed(target: object) -> list[Any] | None:
    if not isinstance(target, str) or not target.startswith("["):
        return None
    try:
        found = ast.literal_eval(target)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return None
    return found if isinstance(found, list) else None


READINGS: dict[str, Callable[[Choice], int | None]] = {"number": by_number, "text": by_text, "score": by_score}


@dataclass
class GoldRule:
    """The readings that are still possible in a file.

    Attributes:
        possible: Names of ``READINGS`` that no row has contradicted, best first.
        seen: Rows looked at.
    """

    possible: list[str] = field(default_factory=lambda: list(READINGS))
    seen: int = 0

    def learn(self, choices: Sequence[Choice]) -> None:
        """Strike every reading that a row contradicts; rows with several golds contradict none."""
        single = [choice for choice in choices if several(choice) is None]
        self.seen += len(single)
        self.possible = [name for name in self.possible if all(_fits(READINGS[name], choice) for choice in single)]

    def gold(self, choice: Choice) -> int | None:
        """The gold choice of a row, or None where the file does not say it."""
        known = several(choice) or []
        if known:
            return known[0] if len(known) == 1 else None
        return READINGS[self.possible[0]](choice) if self.possible else None


def _fits(reading: Callable[[Choice], int | None], choice: Choice) -> bool:
    place = reading(choice)
    if place is None:
        return False
    if choice.acc is None or not choice.logprobs:
        return True
    return (1.0 if first_largest(choice.logprobs) == place else 0.0) == choice.acc
