"""Charts repeat axes, scales and expressions in every layer: each is stored once and referred to by number."""

from __future__ import annotations

import json
from collections import Counter
from typing import Any

WORTH = 48
"""Characters of JSON from which on a repeated part is stored once."""
MARK = "@@"
"""A text of this and a number stands for the part of that number."""


def interned(value: Any) -> tuple[Any, list[Any]]:
    """The value with repeated parts replaced by references, and the parts; ``resolved`` undoes it.

    A part refers only to parts before it.
    """
    seen: Counter[str] = Counter()
    _count(value, seen)
    places: dict[str, int] = {}
    parts: list[Any] = []

    def replace(node: Any) -> Any:
        key = _key(node)
        if key is not None and seen[key] > 1:
            if key not in places:
                inner = _map(node, replace)
                places[key] = len(parts)
                parts.append(inner)
            return f"{MARK}{places[key]}"
        return _map(node, replace)

    return replace(value), parts


def resolved(value: Any, parts: list[Any]) -> Any:
    """What ``interned`` was given; the pages' script does the same."""
    if isinstance(value, str) and value.startswith(MARK):
        return resolved(parts[int(value.removeprefix(MARK))], parts)
    return _map(value, lambda node: resolved(node, parts))


def _count(node: Any, seen: Counter[str]) -> None:
    key = _key(node)
    if key is not None:
        seen[key] += 1
        if seen[key] > 1:
            return
    children = node.values() if isinstance(node, dict) else node if isinstance(node, list) else ()
    for child in children:
        _count(child, seen)


def _key(node: Any) -> str | None:
    """JSON of a part that is worth storing once; None: it is not."""
    if not isinstance(node, dict | list | str):
        return None
    text = json.dumps(node, ensure_ascii=False)
    return text if len(text) >= WORTH else None


def _map(node: Any, change: Any) -> Any:
    if isinstance(node, dict):
        return {name: change(child) for name, child in node.items()}
    return [change(child) for child in node] if isinstance(node, list) else node
