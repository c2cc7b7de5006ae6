"""Token edit distance of a whole column against rapidfuzz one pair at a time, on lists short, long, plain and odd."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

import numpy as np
import polars as pl
import pytest
from rapidfuzz.distance import Hamming, Levenshtein, Prefix

from metrics import fast
from metrics.compiled import CLASSIFIED
from metrics.fast import Route, routed
from metrics.registry import MetricError
from metrics.short_distance import LONGEST, short_distances
from metrics.tokens import STEP_RULES, TOKENIZATIONS, tokenize_pairs

ODD = [
    "\t",
    "\n",
    "\u3000",
    "\u00a0",
    "  ",
    "é",
    "e\u0301",
    "🙂",
    "👨\u200d👩",
    "שלום",
    "你好",
    "\U0010ffff",
    "\ue000",
    "٣",
    ";",
]
SPLIT: dict[str, Callable[[str], list[str]]] = {
    "char": list,
    "word": str.split,
    "digit": lambda text: re.findall(r"\d|[^\d\s]+", text),
    "semicolon": lambda text: [part.strip() for part in text.split(";") if part.strip()],
    "line": lambda text: [part.strip() for part in text.split("\n") if part.strip()],
}


def texts(n: int, longest: int, seed: int) -> list[str]:
    pick = random.Random(seed)
    pieces = ["1", "2", "a", "bc", "12", "x=3", " ", " ", " ", *ODD]
    plain = ["1", "2", "3", " ", "a"]
    return ["".join(pick.choices(plain if i % 3 else pieces, k=pick.randint(0, longest))) for i in range(n)]


@pytest.mark.parametrize("tokenization", [*TOKENIZATIONS, *STEP_RULES])
@pytest.mark.parametrize("longest", [4, 60, 400])
@pytest.mark.parametrize("route", ["always", "never"])
def test_a_column_equals_its_pairs_one_by_one(tokenization: str, longest: int, route: Route) -> None:
    outputs, targets = texts(700, longest, 1), texts(700, longest, 2)
    targets[::5] = outputs[::5]
    with routed(route):
        found = tokenize_pairs(pl.Series(outputs), pl.Series(targets), tokenization)
    assert (found.compared is not None) == (route == "always" and tokenization in ("word", "digit"))
    split = SPLIT[tokenization]
    pairs = [(split(output), split(target)) for output, target in zip(outputs, targets, strict=True)]
    assert found.output_length.tolist() == [len(a) for a, _ in pairs]
    assert found.target_length.tolist() == [len(b) for _, b in pairs]
    assert found.distance.tolist() == [Levenshtein.distance(a, b) for a, b in pairs]
    assert found.common_prefix.tolist() == [Prefix.similarity(a, b) for a, b in pairs]
    assert found.same_position.tolist() == [Hamming.similarity(a, b) for a, b in pairs]


@pytest.mark.parametrize("route", ["always", "never"])
def test_no_pairs(route: Route) -> None:
    for tokenization in SPLIT:
        with routed(route):
            found = tokenize_pairs(pl.Series([], dtype=pl.String), pl.Series([], dtype=pl.String), tokenization)
        assert len(found.distance) == len(found.common_prefix) == found.n == 0


def test_short_lists_of_every_length_and_of_many_batches() -> None:
    pick = np.random.default_rng(5)
    n = 20_000
    lengths = pick.integers(0, LONGEST + 1, 2 * n).astype(np.int32)
    codes = pick.integers(0, 4, lengths.sum()).astype(np.uint32)
    starts = np.cumsum(lengths, dtype=np.int64) - lengths
    found = short_distances(codes, starts, lengths)
    for i in range(0, n, 7):
        a, b = (codes[starts[k] : starts[k] + lengths[k]].tolist() for k in (i, i + n))
        assert found[i] == Levenshtein.distance(a, b)


def test_a_distance_is_symmetric_and_keeps_the_triangle() -> None:
    a, b, c = (pl.Series(texts(300, 24, seed)) for seed in (3, 4, 5))
    for tokenization in TOKENIZATIONS:

        def distance(x: pl.Series, y: pl.Series, name: str = tokenization) -> np.ndarray:
            return tokenize_pairs(x, y, name).distance

        assert (distance(a, b) == distance(b, a)).all()
        assert (distance(a, c) <= distance(a, b) + distance(b, c)).all()
        assert (distance(a, a) == 0).all()


def test_an_unknown_tokenization_lists_those_there_are() -> None:
    with pytest.raises(MetricError, match=r"'bpe' does not exist; choose from char, word, digit"):
        tokenize_pairs(pl.Series(["a"]), pl.Series(["b"]), "bpe")


@pytest.mark.parametrize("tokenization", ["word", "digit"])
def test_both_routes_agree_on_every_character(tokenization: str) -> None:
    every = [chr(point) for point in range(0x30000) if not 0xD800 <= point <= 0xDFFF]
    around = [f"a{character}b {character}" for character in every]
    outputs, targets = pl.Series(around), pl.Series([*around[1:], around[0]])
    with routed("always"):
        quick = tokenize_pairs(outputs, targets, tokenization)
    with routed("never"):
        slow = tokenize_pairs(outputs, targets, tokenization)
    assert (quick.lengths == slow.lengths).all()
    assert (quick.distance == slow.distance).all()


def test_no_white_space_and_no_digit_lies_beyond_those_classified() -> None:
    beyond = pl.Series([chr(point) for point in range(CLASSIFIED, 0x110000)])
    assert not beyond.str.contains(r"[\s\d]").any()


def test_a_million_characters() -> None:
    words = texts(1, 5, 6)[0].join(["12 apples; ", "é🙂 "]) * 60_000
    long = (words * 2)[:1_000_000]
    other = long[:500_000] + "x" + long[500_000:-1]
    outputs, targets = pl.Series([long, long, ""]), pl.Series([long, other, long])
    for tokenization in ("word", "digit"):
        with routed("always"):
            quick = tokenize_pairs(outputs, targets, tokenization)
        split = SPLIT[tokenization]
        n = len(split(long))
        assert quick.distance.tolist() == [0, Levenshtein.distance(split(long), split(other)), n]
        assert quick.lengths.tolist() == [n, n, 0, n, len(split(other)), n]


def test_the_loops_are_loaded_once_they_pay(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fast._State, "n_pairs", fast.PAIRS_BEFORE - 10)
    assert fast.compiled(9) is None
    assert fast.compiled(1) is not None
    with routed("never"):
        assert fast.compiled(1) is None
    monkeypatch.setattr(fast, "is_installed", lambda: False)
    assert fast.compiled(1) is None
    with routed("always"):
        assert fast.compiled(1) is None
