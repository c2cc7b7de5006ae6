"""One sample of Inspect as fields of a row, attachments put back in their places."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flows.sources import values

ATTACHMENT = re.compile(r"attachment://([0-9A-Za-z_-]+)")
WORTH = {"C": 1.0, "P": 0.5, "I": 0.0, "N": 0.0, "yes": 1.0, "true": 1.0, "no": 0.0, "false": 0.0}
"""What letters and words of scores count, as the tool's own metrics count them."""

Resolve = Callable[[str], str | None]


@dataclass(frozen=True)
class Sample:
    """One sample as logged.

    Attributes:
        said: Its content.
        resolve: Text of an attachment by its name, None where there is none.
    """

    said: Mapping[str, Any]
    resolve: Resolve

    @property
    def failed(self) -> str | None:
        """First line of the error it ended in."""
        error = self.said.get("error")
        if error is None:
            return None
        message = values.text(values.mapping(error).get("message")) or values.text(error) or "an error"
        return message.strip().split("\n")[0][:120]

    @property
    def scores(self) -> Mapping[str, Any]:
        """Scores by scorer; before there could be several, one under ``score``."""
        found = values.mapping(self.said.get("scores"))
        return found if found or "score" not in self.said else {"score": self.said["score"]}

    def row(self) -> dict[str, Any]:
        """Fields of ``READ_SCHEMA``."""
        targets = values.texts(self.said.get("target"))
        choices = values.texts(self.said.get("choices"))
        first = values.mapping(next(iter(self.scores.values()), None))
        return {
            "item_id": values.text(self.said.get("id")),
            "repeat": (values.whole(self.said.get("epoch")) or 1) - 1,
            "prompt": self._text(self.said.get("input")),
            "output": self._output(),
            "extracted": self._resolved(values.text(first.get("answer"))),
            "targets": [self._resolved(target) or "" for target in targets] if targets and targets != [""] else None,
            "choices": [self._resolved(choice) or "" for choice in choices] if choices else None,
            "gold": gold(targets, choices),
        }

    def _output(self) -> str | None:
        output = values.mapping(self.said.get("output"))
        completion = output.get("completion")
        if not isinstance(completion, str):
            choices = values.sequence(output.get("choices"))
            completion = values.of_path(choices[0], "message", "content") if choices else None
        return self._text(completion)

    def _text(self, content: object) -> str | None:
        """A text, the texts of a message's parts, or the messages of a conversation under their roles."""
        if isinstance(content, str):
            return self._resolved(content)
        parts = [values.mapping(part) for part in values.sequence(content)]
        if not parts:
            return None
        if all("role" in part for part in parts):
            said = [(str(part["role"]), self._text(part.get("content")) or "") for part in parts]
            return said[0][1] if len(said) == 1 else "\n\n".join(f"{role}: {text}" for role, text in said)
        found = [self._resolved(part["text"]) for part in parts if isinstance(part.get("text"), str)]
        return "\n".join(text for text in found if text is not None) if found else None

    def _resolved(self, text: str | None) -> str | None:
        if text is None or "attachment://" not in text:
            return text
        missing = [name for name in ATTACHMENT.findall(text) if self.resolve(name) is None]
        return None if missing else ATTACHMENT.sub(lambda found: self.resolve(found[1]) or "", text)


def gold(targets: Sequence[str] | None, choices: Sequence[str] | None) -> int | None:
    """Number of the right choice from its letter; None where there are several, or it is no letter."""
    if not choices or not targets or len(targets) != 1 or not re.fullmatch("[A-Z]", targets[0].strip()):
        return None
    place = ord(targets[0].strip()) - ord("A")
    return place if place < len(choices) else None


def worth(value: object) -> float | None:
    """A score as a number; None where it is unscored (NaN), a list or an object."""
    if isinstance(value, str) and value in WORTH:
        return WORTH[value]
    if isinstance(value, str) and value.lower() in WORTH and len(value) > 1:
        return WORTH[value.lower()]
    return values.number(value)
