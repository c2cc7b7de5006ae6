"""Short answers and numbers, against values worked by hand and plain Python re-derived from the definitions."""

from __future__ import annotations

import math
import re
import string
from collections import Counter
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.scores import score_samples
from tests.metrics.samples import samples

ODD = st.sampled_from(
    ["", " ", "the", "A", "an", "Cat!", "cat", "1,000", "é", "🙂", "e\u0301", "שלום", "你好", "\t", "-"]
)
PHRASE = st.lists(ODD, max_size=6).map(" ".join)
PAIRS = st.lists(st.tuples(PHRASE, st.lists(PHRASE, min_size=1, max_size=3)), min_size=1, max_size=10)


def column(name: str, *rows: tuple[str, list[str]]) -> list[float | None]:
    return score_samples(samples(*rows), [name]).frame[name].to_list()


def squad(text: str) -> str:
    """The normalisation of SQuAD as its paper words it."""
    text = "".join(character for character in text.lower() if character not in string.punctuation)
    return " ".join(re.sub(r"\b(a|an|the)\b", " ", text).split())


def f1(output: str, target: str) -> float:
    ours, theirs = squad(output).split(), squad(target).split()
    if not ours or not theirs:
        return float(ours == theirs)
    common = sum((Counter(ours) & Counter(theirs)).values())
    if not common:
        return 0.0
    precision, recall = common / len(ours), common / len(theirs)
    return 2 * precision * recall / (precision + recall)


@settings(deadline=None, max_examples=40)
@given(PAIRS)
def test_normalised_match_and_f1_equal_the_definition_pair_by_pair(rows: list[tuple[str, list[str]]]) -> None:
    exact = [float(any(squad(output) == squad(target) for target in targets)) for output, targets in rows]
    assert column("exact_match_normalized", *rows) == exact
    assert column("token_f1", *rows) == pytest.approx([max(f1(o, target) for target in ts) for o, ts in rows])


def test_normalised_match_by_hand() -> None:
    rows = [("The Eiffel Tower.", ["eiffel tower"]), ("theatre", ["atre"]), ("a  b", ["b"]), ("", ["the"])]
    assert column("exact_match_normalized", *rows) == [1, 0, 1, 1]


def test_f1_by_hand() -> None:
    # 2 of 3 output words and 2 of 4 target words in common: 2 * 2 / 7
    assert column("token_f1", ("red blue red", ["blue red green grey"])) == [pytest.approx(4 / 7)]


def test_prefix_match_by_hand() -> None:
    rows = [(" 42 apples", ["42"]), ("4", ["42"]), ("yes, sir", ["no", "yes"]), ("x", [""]), ("x", ["", "x"])]
    assert column("prefix_match", *rows) == [1, 0, 1, None, 1]


@settings(deadline=None, max_examples=40)
@given(PAIRS)
def test_prefixes_and_positions_equal_the_definition(rows: list[tuple[str, list[str]]]) -> None:
    splitters = {
        "char": list,
        "word": str.split,
        "digit": lambda text: re.findall(r"\d|[^\d\s]+", text),
    }
    for name, split in splitters.items():
        prefix, position = [], []
        for output, targets in rows:
            pairs = [(split(output), split(target)) for target in targets if split(target)]
            same = [[a == b for a, b in zip(ours, theirs, strict=False)] for ours, theirs in pairs]
            runs = [flags.index(False) if False in flags else len(flags) for flags in same]
            lengths = [len(theirs) for _, theirs in pairs]
            prefix.append(max((n / size for n, size in zip(runs, lengths, strict=True)), default=None))
            position.append(max((sum(f) / size for f, size in zip(same, lengths, strict=True)), default=None))
        assert column(f"longest_correct_prefix_{name}", *rows) == pytest.approx(prefix)
        assert column(f"positional_accuracy_{name}", *rows) == pytest.approx(position)


def test_a_digit_left_out_costs_all_positions_after_it() -> None:
    rows = [("12345", ["12345"]), ("1345", ["12345"]), ("12395", ["12345"]), ("123456", ["12345"])]
    assert column("positional_accuracy_char", *rows) == pytest.approx([1, 0.2, 0.8, 1])
    assert column("longest_correct_prefix_char", *rows) == pytest.approx([1, 0.2, 0.6, 1])
    assert column("per_token_accuracy_char", *rows) == pytest.approx([1, 0.8, 0.8, 0.8])


NUMBERS = {
    "42": 42,
    " 42.": 42,
    "-3.5": -3.5,
    "\u22123": -3,
    "+7": 7,
    "1,234,567": 1234567,
    "$1,000.50": 1000.5,
    "€5": 5,
    "12 %": 12,
    ".5": 0.5,
    "1e3": 1000,
    "2.5E-3": 0.0025,
    "007": 7,
}
NO_NUMBERS = [
    "",
    "-",
    ".",
    "12,34",
    "1 2",
    "forty",
    "42 apples",
    "1e999",
    "nan",
    "inf",
    "0x1f",
    "1.2.3",
    "--1",
    "$",
    "e5",
]


@pytest.mark.parametrize("text", NUMBERS)
def test_what_is_a_number(text: str) -> None:
    assert column("numeric_match", (text, [str(NUMBERS[text])]), (str(NUMBERS[text]), [text])) == [1, 1]


@pytest.mark.parametrize("text", NO_NUMBERS)
def test_what_is_no_number(text: str) -> None:
    assert column("numeric_match", (text, ["42"]), ("42", [text]), ("42", [text, "42"])) == [0, None, 1]
    assert column("digits_correct", (text, ["42"]), ("42", [text])) == [0, None]
    assert column("log10_relative_error", (text, ["42"]), ("42", [text])) == [15, None]


def test_tolerances_include_their_limit() -> None:
    rows = [("101", ["100"]), ("101.1", ["100"]), ("-99", ["-100"]), ("110", ["100"]), ("0", ["0"]), ("1", ["0"])]
    assert column("numeric_match", *rows) == [0, 0, 0, 0, 1, 0]
    assert column("numeric_match_relative_1_percent", *rows) == [1, 0, 1, 0, 1, 0]
    assert column("numeric_match_relative_10_percent", *rows) == [1, 1, 1, 1, 1, 0]
    assert column("numeric_match_absolute_1", *rows) == [1, 0, 1, 0, 1, 1]
    assert column("numeric_match_absolute_10", *rows) == [1, 1, 1, 1, 1, 1]


def test_numeric_error_by_hand() -> None:
    # 314 for 3.14e2 is equal; 99 for 100 is off by 10^-2; 0 for 100 by 10^0; 1000 for 1 by 999; 0.001 for 0 by 10^-3
    rows = [("314", ["3.14e2"]), ("99", ["100"]), ("0", ["100"]), ("1000", ["1"]), ("0.001", ["0"])]
    assert column("log10_relative_error", *rows) == pytest.approx([-15, -2, 0, math.log10(999), -3])
    assert column("digits_correct", *rows) == pytest.approx([15, 2, 0, 0, 3])


@settings(deadline=None, max_examples=40)
@given(st.lists(st.tuples(st.integers(-(10**6), 10**6), st.integers(-(10**6), 10**6)), min_size=1, max_size=10))
def test_tolerance_equals_exact_arithmetic(pairs: list[tuple[int, int]]) -> None:
    rows = [(str(output), [str(target)]) for output, target in pairs]
    expected = [float(abs(Fraction(o) - t) <= Fraction(abs(t), 10)) for o, t in pairs]
    assert column("numeric_match_relative_10_percent", *rows) == expected
