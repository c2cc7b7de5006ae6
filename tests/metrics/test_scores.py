"""Scores against hand-made and independent references."""

from __future__ import annotations

import math
import re

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rapidfuzz.distance import Levenshtein

from metrics.registry import MetricError
from metrics.scores import score_samples
from metrics.tokens import TOKENIZATIONS
from tests.metrics.samples import samples, teacher_forced


def column(frame: pl.DataFrame, name: str) -> list[float | None]:
    return score_samples(frame, [name]).frame[name].to_list()


def test_exact_match_is_character_by_character_and_takes_any_target() -> None:
    frame = samples(("12", ["12"]), ("12 ", ["12"]), ("b", ["a", "b"]), ("", [""]), ("e\u0301", ["\u00e9"]))
    assert column(frame, "exact_match") == [1, 0, 1, 1, 0]


def test_edit_distance_by_tokenization() -> None:
    frame = samples(("the cat sat", ["the dog sat"]), ("sum 124", ["sum 1235"]))
    assert column(frame, "token_edit_distance_char") == [3, 2]
    assert column(frame, "token_edit_distance_word") == [1, 1]
    assert column(frame, "token_edit_distance_digit") == [1, 2]
    assert column(frame, "target_length_digit") == [3, 5]


def test_similarity_and_accuracy_by_hand() -> None:
    frame = samples(("7857", ["7857"]), ("7088", ["7857"]), ("78", ["7857"]), ("", ["7857"]), ("785799", ["7857"]))
    assert column(frame, "token_edit_similarity_char") == pytest.approx([1, 0.25, 0.5, 0, 4 / 6])
    assert column(frame, "per_token_accuracy_char") == pytest.approx([1, 0.25, 0.5, 0, 0.5])


def test_the_nearest_of_several_targets_counts() -> None:
    frame = samples(("nine", ["9", "nine!"]), ("x", ["ab", "abc"]))
    assert column(frame, "token_edit_distance_char") == [1, 2]
    assert column(frame, "target_length_char") == [5, 2]


def test_empty_texts() -> None:
    frame = samples(("", [""]), ("a", [""]))
    assert column(frame, "token_edit_similarity_char") == [1, 0]
    assert column(frame, "per_token_accuracy_char") == [None, None]


def test_null_in_null_out_and_the_reason_names_what_is_missing() -> None:
    scores = score_samples(samples((None, ["a"]), ("a", None), ("a", []), ("a", ["a"])))
    assert scores.frame["exact_match"].to_list() == [None, None, None, 1]
    reasons = dict(scores.coverage.select("metric", "reason").iter_rows())
    assert reasons["exact_match"] is None
    assert "target_logprobs" in str(reasons["target_log_likelihood"])


def test_log_probability_metrics() -> None:
    frame = teacher_forced(
        [[-0.5, -1.5], [0.0], [-math.inf, -1.0], [math.nan], [], None], [[True, False], [True], *[None] * 4]
    )
    assert column(frame, "target_log_likelihood") == [-1.0, 0.0, None, None, None, None]
    assert column(frame, "expected_exact_match") == [pytest.approx(math.exp(-2)), 1.0, None, None, None, None]
    assert column(frame, "teacher_forced_accuracy") == [0.5, 1.0, None, None, None, None]


def test_unknown_metric_names_the_alternatives() -> None:
    with pytest.raises(MetricError, match=r"'exactmatch' does not exist; choose from .*exact_match"):
        score_samples(samples(("a", ["a"])), ["exactmatch"])


TEXT = st.text(st.characters(codec="utf-8"), max_size=12)
# Unicode's White_Space property; Python's own \\s also takes the control characters 0x1C to 0x1F.
WHITE_SPACE = r"\t-\r \x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
WORDS = st.lists(st.sampled_from(["la", "le", "é", "🙂", "12", "x"]), max_size=6).map(" ".join)


@settings(deadline=None)
@given(st.lists(st.tuples(TEXT | WORDS, TEXT | WORDS), min_size=1, max_size=8))
def test_distances_equal_rapidfuzz_pair_by_pair(pairs: list[tuple[str, str]]) -> None:
    frame = samples(*((output, [target]) for output, target in pairs))
    scored = score_samples(frame).frame
    splitters = {
        "char": list,
        "word": lambda text: re.findall(f"[^{WHITE_SPACE}]+", text),
        "digit": lambda text: re.findall(rf"\d|[^\d{WHITE_SPACE}]+", text),
    }
    for tokenization, split in splitters.items():
        expected = [Levenshtein.distance(split(output), split(target)) for output, target in pairs]
        assert scored[f"token_edit_distance_{tokenization}"].to_list() == expected


@settings(deadline=None, max_examples=25)
@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=8), st.randoms(use_true_random=False))
def test_row_order_and_batch_size_do_not_matter(pairs: list[tuple[str, str]], random: object) -> None:
    frame = samples(*((output, [target]) for output, target in pairs))
    names = ["exact_match", *(f"per_token_accuracy_{name}" for name in TOKENIZATIONS)]
    whole = score_samples(frame, names).frame
    shuffled = score_samples(frame.reverse(), names).frame.reverse()
    single = pl.concat([score_samples(frame.slice(index, 1), names).frame for index in range(frame.height)])
    assert whole.equals(shuffled)
    assert whole.equals(single)


def test_a_million_characters() -> None:
    frame = samples(("a" * 1_000_000, ["a" * 999_999 + "b"]))
    assert column(frame, "token_edit_distance_char") == [1]
