"""Named tokenisations, and token edit distance over whole columns at once.

A text becomes a string in which one character stands for one token, so that the edit distance of two token lists is
the edit distance of two strings, computed by rapidfuzz for a whole column in one call.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray
from rapidfuzz.distance import Hamming, Levenshtein, Prefix
from rapidfuzz.process import cpdist

from metrics.registry import MetricError

TOKENIZATIONS = {
    "char": "every Unicode code point is a token",
    "word": "tokens are separated by white space",
    "digit": "every decimal digit is a token, and so is every run of other characters that are not white space",
}
STEP_RULES = {
    "line": "every line with more than white space is a step, white space around it left out",
    "semicolon": "steps are separated by semicolons, white space around them left out",
}
_PATTERNS = {
    "word": r"\S+",
    "digit": r"\d|[^\d\s]+",
    "line": r"[^\s](?:[^\n]*[^\s])?",
    "semicolon": r"[^\s;](?:[^;]*[^\s;])?",
}
# Code points below this are left to char; surrogates (0xD800-0xDFFF) cannot stand in a Python string.
_FIRST_TOKEN_CODE = 0x10000
_MOST_TOKENS = 0x110000 - _FIRST_TOKEN_CODE


@dataclass(frozen=True)
class TokenPairs:
    """Outputs and targets of equal length, tokenised; strings hold one character a token.

    Attributes:
        outputs: One string an output.
        targets: One string a target.
    """

    outputs: list[str]
    targets: list[str]

    @cached_property
    def output_length(self) -> NDArray[np.int32]:
        """Tokens in each output."""
        return np.fromiter(map(len, self.outputs), np.int32, len(self.outputs))

    @cached_property
    def target_length(self) -> NDArray[np.int32]:
        """Tokens in each target."""
        return np.fromiter(map(len, self.targets), np.int32, len(self.targets))

    @cached_property
    def distance(self) -> NDArray[np.int32]:
        """Levenshtein distance of each pair, in tokens."""
        return self._compare(Levenshtein.distance)

    @cached_property
    def common_prefix(self) -> NDArray[np.int32]:
        """Tokens that each pair has in common from the start, up to the first difference."""
        return self._compare(Prefix.similarity)

    @cached_property
    def same_position(self) -> NDArray[np.int32]:
        """Positions, counted from the start, at which both have the same token."""
        return self._compare(Hamming.similarity)

    def _compare(self, scorer: Callable[..., int]) -> NDArray[np.int32]:
        if not self.outputs:
            return np.zeros(0, np.int32)
        compared: NDArray[np.int32] = cpdist(self.outputs, self.targets, scorer=scorer, dtype=np.int32, workers=1)
        return compared


def tokenize_pairs(outputs: pl.Series, targets: pl.Series, tokenization: str) -> TokenPairs:
    """Tokenise two columns of text (no NULLs) of equal length, by a tokenisation or a rule for steps.

    Raises:
        MetricError: The tokenisation does not exist, or a batch has over a million different tokens.
    """
    known = TOKENIZATIONS | STEP_RULES
    if tokenization not in known:
        raise MetricError(f"tokenization {tokenization!r} does not exist; choose from {', '.join(known)}")
    if tokenization == "char":
        return TokenPairs(outputs.to_list(), targets.to_list())
    lists = pl.concat([outputs, targets]).str.extract_all(_PATTERNS[tokenization])
    strings = _one_character_a_token(lists)
    return TokenPairs(strings[: len(outputs)], strings[len(outputs) :])


def _one_character_a_token(lists: pl.Series) -> list[str]:
    ends = np.zeros(len(lists) + 1, np.int64)
    np.cumsum(lists.list.len().to_numpy(), out=ends[1:])
    tokens = lists.explode(empty_as_null=False)
    codes = tokens.cast(pl.Categorical(pl.Categories.random())).to_physical().to_numpy().astype(np.uint32)
    if len(codes) and int(codes.max()) >= _MOST_TOKENS:
        raise MetricError(
            f"{int(codes.max()) + 1} different tokens in one batch; at most {_MOST_TOKENS}: score smaller batches"
        )
    text = (codes + _FIRST_TOKEN_CODE).tobytes().decode("utf-32-le")
    return [text[start:stop] for start, stop in pairwise(ends.tolist())]
