"""Names and messages from the data, safe to read: what is hidden, or would move its neighbours, is spelt out."""

from __future__ import annotations

import re

# controls, zero-width and bidirectional characters, variation selectors, private use, tags, unpaired surrogates
HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u034f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f"
    "\ud800-\udfff\ue000-\uf8ff\ufe00-\ufe0f\ufeff\ufff0-\ufffb\U000e0000-\U0010ffff]"
)


def visible(text: str) -> str:
    """The text with every hidden character as its code point: ``<202E>``."""
    return HIDDEN.sub(lambda found: f"<{ord(found.group()):04X}>", text)


def sql_string(text: str) -> str:
    """A text as an SQL expression of visible characters only; hidden ones are named by their code point."""
    pieces = []
    for piece in re.split(f"({HIDDEN.pattern})", text):
        if piece:
            hidden = HIDDEN.fullmatch(piece)
            pieces.append(f"chr({ord(piece)})" if hidden else "'" + piece.replace("'", "''") + "'")
    return " || ".join(pieces) or "''"
