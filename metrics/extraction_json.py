"""Answers out of replies that should be JSON but often are not quite: cut off, fenced, or with text around.

The rules of ZeroEval (arXiv:2502.01100): the first object with an answer counts, and where none is whole, what follows
the word.
"""

from __future__ import annotations

import json
import re

import polars as pl

from metrics.extraction import Extraction, declare_extraction

_DECODER = json.JSONDecoder(strict=False)
_KEY = re.compile('"answer"')
MOST_OBJECTS = 1_000
"""Opening braces looked at in one reply."""
MOST_KEYS = 20
"""Last mentions of the answer looked at where no object is whole."""
_QUOTED = re.compile(r'"answer"\s*:\s*"(.*?)"\s*[,}\n]', re.DOTALL)
_BARE = re.compile(r'"answer"\s*:\s*([^,}\n]+)')
_QUOTES = "'\""
_NUMBER = r"-?\d+(?:\.\d+)?"
SOURCE = "ZeroEval, arXiv:2502.01100"


def lenient_answer(text: str) -> str | None:
    """Value of ``answer`` in the first JSON object that has one, else the text after the last readable ``"answer":``.

    Text as it stands, anything else as Python writes it; None where there is neither.
    """
    start = -1
    for _ in range(MOST_OBJECTS):
        start = text.find("{", start + 1)
        if start == -1:
            break
        try:
            value, _ = _DECODER.raw_decode(text, start)
        except (ValueError, RecursionError):
            continue
        if "answer" in value:
            return str(value["answer"])
    places = [found.start() for found in _KEY.finditer(text)][-MOST_KEYS:]
    if not places:
        return None
    found = _QUOTED.findall(text, places[0]) or _BARE.findall(text, places[0])
    return found[-1] if found else None


def _answer(text: pl.Expr) -> pl.Expr:
    return text.map_elements(lenient_answer, return_dtype=pl.String, skip_nulls=True)


def _unquoted(text: pl.Expr) -> pl.Expr:
    bare = text.str.strip_chars(_QUOTES).str.replace_all("\n", "\\n", literal=True)
    # an answer that is an empty text is not the same as none
    return pl.when(bare == "").then(pl.lit("''")).otherwise(bare)


def _first_number(text: pl.Expr) -> pl.Expr:
    found = text.str.replace_all(",", "", literal=True).str.extract(f"({_NUMBER})")
    plain = found.str.replace(r"(\.\d*?)0+$", "${1}").str.strip_suffix(".")
    return plain


def declare() -> None:
    """Enter the rules in the catalogue."""
    declare_extraction(
        Extraction(
            name="json_unquoted",
            label="JSON answer, unquoted",
            version=1,
            definition='the `answer` of the first JSON object that has one, else what follows the last `"answer":`; '
            "without quotation marks around it, targets likewise, line breaks written as `\\n`",
            source=SOURCE,
            output=lambda text: _unquoted(_answer(text)),
            target=_unquoted,
            examples=(('{"answer": "\'ab\'"}', '"ab"'), ('```json\n{"answer": [1, 2]}\n```', "[1, 2]")),
        )
    )
    declare_extraction(
        Extraction(
            name="json_number",
            label="JSON answer, number",
            version=1,
            definition="the first number in the `answer` of the first JSON object that has one, else in what follows "
            'the last `"answer":`; the first number of targets likewise',
            source=SOURCE,
            output=lambda text: _first_number(_answer(text)),
            target=_first_number,
            examples=(('{"answer": "$1,200.00 in all"}', "# 1200"), ('{"answer": 7}', "7")),
        )
    )
