"""Named tokenisations, and token edit distance over whole columns at once.

A token becomes a code, the same in output and target. Short pairs are compared many at a time; a long one becomes two
strings in which one character stands for one token, which rapidfuzz compares. Many words and numbers are compared by
the compiled loops of the ``[fast]`` extra, where it is installed.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray
from rapidfuzz.distance import Hamming, Levenshtein, Prefix
from rapidfuzz.process import cpdist

from metrics.fast import compiled
from metrics.file_tokens import FILE_TOKENIZERS, encode
from metrics.registry import MetricError
from metrics.short_distance import LONGEST, short_distances

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
# More than single spaces between words: such texts are brought to single spaces first, since splitting is faster.
_UNTIDY = r"[\s--[ ]]|^ |  | $"
# Not one character a token: white space, or characters other than digits beside each other.
_DIGIT_BY_DIGIT = r"^(?:\d|[^\d\s](?:\d|$))*$"
# Codes of tokens lie above those of characters' own; surrogates (0xD800-0xDFFF) cannot stand in a Python string.
_FIRST_TOKEN_CODE = 0x10000
# Few enough that the strings made for them are still in the processor's cache when they are compared.
_PAIRS_AT_ONCE = 4096
_MOST_TOKENS = 0x110000 - _FIRST_TOKEN_CODE


@dataclass(frozen=True)
class TokenPairs:
    """Outputs and targets of equal number, tokenised; arrays hold the outputs first, then the targets.

    Attributes:
        lengths: (2 pairs,) tokens of each text.
        codes: Codes of all tokens, valid code points.
        starts: (2 pairs,) place of each text's first token in ``codes``.
        characters: The texts themselves where characters are the tokens: ``codes`` and ``starts`` are then empty.
        compared: (pairs,) distances, where tokenising has found them already.
    """

    lengths: NDArray[np.int32]
    codes: NDArray[np.uint32]
    starts: NDArray[np.int64]
    characters: pl.Series | None = None
    compared: NDArray[np.int32] | None = None

    @property
    def n(self) -> int:
        """Pairs."""
        return len(self.lengths) // 2

    @property
    def output_length(self) -> NDArray[np.int32]:
        """Tokens in each output."""
        return self.lengths[: self.n]

    @property
    def target_length(self) -> NDArray[np.int32]:
        """Tokens in each target."""
        return self.lengths[self.n :]

    @cached_property
    def distance(self) -> NDArray[np.int32]:
        """Levenshtein distance of each pair, in tokens."""
        if self.compared is not None:
            return self.compared
        short = np.maximum(self.output_length, self.target_length) <= LONGEST
        distances = np.empty(self.n, np.int32)
        rows = np.flatnonzero(short)
        if len(rows):
            distances[rows] = short_distances(*self._codes_of(np.concatenate([rows, rows + self.n])))
        rows = np.flatnonzero(~short)
        distances[rows] = self._compare(Levenshtein.distance, rows)
        return distances

    @cached_property
    def common_prefix(self) -> NDArray[np.int32]:
        """Tokens that each pair has in common from the start, up to the first difference."""
        return self._compare(Prefix.similarity, np.arange(self.n))

    @cached_property
    def same_position(self) -> NDArray[np.int32]:
        """Positions, counted from the start, at which both have the same token."""
        return self._compare(Hamming.similarity, np.arange(self.n))

    def _compare(self, scorer: Callable[..., int], rows: NDArray[np.int64]) -> NDArray[np.int32]:
        compared = np.empty(len(rows), np.int32)
        strings = self._strings()
        for first in range(0, len(rows), _PAIRS_AT_ONCE):
            part = rows[first : first + _PAIRS_AT_ONCE]
            outputs, targets = strings(part), strings(part + self.n)
            compared[first : first + len(part)] = cpdist(outputs, targets, scorer=scorer, dtype=np.int32, workers=1)
        return compared

    def _strings(self) -> Callable[[NDArray[np.int64]], list[str]]:
        """Gives the texts at some places in rising order, one character a token."""
        texts = self.characters
        if texts is not None:
            return lambda places: _at(texts, places).to_list()
        whole = self.codes.tobytes().decode("utf-32-le")
        starts, stops = self.starts, self.starts + self.lengths

        def cut(places: NDArray[np.int64]) -> list[str]:
            ends = zip(starts[places].tolist(), stops[places].tolist(), strict=True)
            return [whole[start:stop] for start, stop in ends]

        return cut

    def _codes_of(self, texts: NDArray[np.int64]) -> tuple[NDArray[np.uint32], NDArray[np.int64], NDArray[np.int32]]:
        """Codes, and where and how long each of the texts is in them."""
        lengths = self.lengths[texts]
        if self.characters is None:
            return self.codes, self.starts[texts], lengths
        chosen = _at(self.characters, texts)
        ends = np.cumsum(lengths, dtype=np.int64)
        return _code_points(chosen), ends - lengths, lengths


def _at(texts: pl.Series, places: NDArray[np.int64]) -> pl.Series:
    """Texts at places in rising order; without a copy where the places have no gap."""
    first, last = int(places[0]), int(places[-1])
    if last - first + 1 == len(places):
        return texts.slice(first, len(places))
    return texts.gather(places)


def tokenize_pairs(outputs: pl.Series, targets: pl.Series, tokenization: str) -> TokenPairs:
    """Tokenise two columns of text (no NULLs) of equal length, by a tokenisation or a rule for steps.

    Raises:
        MetricError: The tokenisation does not exist, or a batch has over a million different tokens.
    """
    known = TOKENIZATIONS | STEP_RULES
    if tokenization not in known:
        raise MetricError(f"tokenization {tokenization!r} does not exist; choose from {', '.join(known)}")
    texts = pl.concat([outputs, targets], rechunk=True)
    if tokenization == "char":
        return TokenPairs(_lengths(texts), np.zeros(0, np.uint32), np.zeros(0, np.int64), texts)
    if tokenization in FILE_TOKENIZERS:
        codes, lengths = encode(texts, tokenization)
        return TokenPairs(lengths, _as_code_points(codes), _starts(lengths))
    if tokenization in ("word", "digit") and (loops := compiled(len(outputs))) is not None:
        found = loops.compare(texts, by_digit=tokenization == "digit")
        return TokenPairs(found.lengths, _as_code_points(found.codes), found.starts, None, found.distances)
    if tokenization == "digit":
        return _digit_pairs(texts)
    return _coded(_words(texts) if tokenization == "word" else texts.str.extract_all(_PATTERNS[tokenization]))


def _lengths(texts: pl.Series) -> NDArray[np.int32]:
    return texts.str.len_chars().to_numpy().astype(np.int32)


def _code_points(texts: pl.Series) -> NDArray[np.uint32]:
    whole = texts.str.join("").item()
    return np.frombuffer(whole.encode("utf-32-le"), np.uint32)


def _words(texts: pl.Series) -> pl.Series:
    """Lists of words; a text without one has the empty text as its only word."""
    untidy = texts.str.contains(_UNTIDY)
    if untidy.any():
        tidy = texts.filter(untidy).str.replace_all(r"\s+", " ").str.strip_chars(" ")
        texts = texts.scatter(untidy.arg_true(), tidy)
    return texts.str.split(" ")


def _digit_pairs(texts: pl.Series) -> TokenPairs:
    """Pairs in which every character is a token need no search for tokens: their code points serve."""
    n = len(texts) // 2
    single = texts.str.contains(_DIGIT_BY_DIGIT).to_numpy()
    by_character = np.tile(single[:n] & single[n:], 2)
    if not by_character.any():
        return _coded(texts.str.extract_all(_PATTERNS["digit"]))
    plain, others = texts.filter(pl.Series(by_character)), texts.filter(pl.Series(~by_character))
    coded = _coded(others.str.extract_all(_PATTERNS["digit"]))
    codes = _code_points(plain)
    lengths = np.empty(len(texts), np.int32)
    lengths[by_character], lengths[~by_character] = _lengths(plain), coded.lengths
    starts = np.empty(len(texts), np.int64)
    starts[by_character] = np.cumsum(lengths[by_character], dtype=np.int64) - lengths[by_character]
    starts[~by_character] = coded.starts + len(codes)
    return TokenPairs(lengths, np.concatenate([codes, coded.codes]), starts)


def _coded(lists: pl.Series) -> TokenPairs:
    """Lists of tokens as codes; the empty text is no token."""
    lengths = lists.list.len().to_numpy().astype(np.int32)
    tokens = lists.explode(empty_as_null=False)
    empty = (tokens == "").to_numpy()
    if empty.any():
        # only a text without any word holds an empty one, and nothing else
        lengths[np.repeat(np.arange(len(lengths)), lengths)[empty]] = 0
        tokens = tokens.filter(pl.Series(~empty))
    codes = tokens.cast(pl.Categorical(pl.Categories.random())).to_physical().to_numpy().astype(np.uint32)
    return TokenPairs(lengths, _as_code_points(codes), _starts(lengths))


def _as_code_points(codes: NDArray[np.uint32]) -> NDArray[np.uint32]:
    """Codes from 0 up as code points that can stand in a string."""
    if len(codes) and int(codes.max()) >= _MOST_TOKENS:
        raise MetricError(
            f"{int(codes.max()) + 1} different tokens in one batch; at most {_MOST_TOKENS}: score smaller batches"
        )
    return codes + np.uint32(_FIRST_TOKEN_CODE)


def _starts(lengths: NDArray[np.int32]) -> NDArray[np.int64]:
    starts: NDArray[np.int64] = np.cumsum(lengths, dtype=np.int64) - lengths
    return starts
