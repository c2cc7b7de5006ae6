"""What each extraction finds, worked by hand, and what it makes of the odd and the hostile."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.extraction import EXTRACTIONS, Extraction, declare_extraction, extract, json_answer
from metrics.registry import MetricError
from metrics.scores import score_samples
from tests.metrics.samples import samples

FOUND = {
    "raw": {" a ": " a ", "": ""},
    "stripped": {" a \n": "a", "\t": ""},
    "strict": {
        "3+4=7\n#### 7": "7",
        "#### 1,234.50 and #### 9": "1234.5",
        "#### -5.": "-5",
        "7": "",
        "####7": "",
        "#### ,.": "",
    },
    "flexible_number": {
        "first 3, then $1,200.": "1200",
        "x = -4": "-4",
        "minus \u22124": "-4",
        "0.50": "0.5",
        "7.00": "7",
        "100": "100",
        "it is .5": ".5",
        "none": "",
        "12,34": "34",
    },
    "letter": {
        "The answer is (B).": "B",
        "Answer: C": "C",
        "**Answer:** D": "D",
        "I think (A) because B is not": "A",
        "B. Paris": "B",
        "B": "B",
        "so it must be C.": "C",
        "answer is B, not (C)": "B",
        "Because of this": "",
        "paris": "",
        "": "",
    },
    "json_unquoted": {
        '{"answer": "\'a b\'"}': "a b",
        '```json\n{"reasoning": "{", "answer": [1, "x"]}\n```': "[1, 'x']",
        '{"answer": "two\nlines"}': "two\\nlines",
        '{"reasoning": "cut "off", "answer": "seven", "': "seven",
        'my "answer": 7, I think': "7",
        '{"a": 1} {"answer": true} {"answer": 2}': "True",
        "seven": "",
    },
    "json_number": {
        '{"answer": "$1,200.50 in all"}': "1200.5",
        '{"answer": "7.00"}': "7",
        '{"answer": -3}': "-3",
        '{"answer": "none"}': "",
        "12": "",
    },
    "json_answer": {
        '{"answer": "x y"}': "x y",
        'text {"a": 1} then {"answer": 3} {"b": 2}': "3",
        '{"answer": true}': "true",
        '{"answer": [1, "é"]}': '[1, "é"]',
        '{"outer": {"answer": 5}}': "",
        '{"answer": "cut': "",
        '{broken {"answer": "in"}': "in",
        '{"answer": null}': "",
        "[1]": "",
    },
    "squad_normalized": {"The  Cat!": "cat", "": ""},
}


@pytest.mark.parametrize("name", FOUND)
def test_what_is_found(name: str) -> None:
    frame = samples(*((output, ["x"]) for output in FOUND[name]))
    assert extract(frame, name)["output"].to_list() == list(FOUND[name].values())


def test_the_log_itself_is_read_where_it_says_something() -> None:
    frame = samples(("the answer is 4", ["4"]), ("5", ["5"])).with_columns(extracted=pl.Series(["4", None]))
    assert extract(frame, "logged")["output"].to_list() == ["4", None]
    assert score_samples(frame, ["exact_match__logged"]).frame["exact_match__logged"].to_list() == [1, None]


def test_nothing_found_is_wrong_and_no_output_is_missing() -> None:
    frame = samples(("no digits", ["7"]), (None, ["7"]), ("#### 7", ["reason\n#### 7"]), ("#### 7", ["7.0"]))
    assert score_samples(frame, ["exact_match__strict"]).frame["exact_match__strict"].to_list() == [0, None, 1, 1]


def test_nothing_found_in_both_is_no_match() -> None:
    frame = samples(("no number", ["none either"]), ("none", ["none", "7"]), ("no letter", [""]), ("7", ["7"]))
    names = ["exact_match__flexible_number", "per_token_accuracy_char__flexible_number", "exact_match__letter"]
    rows = score_samples(frame, names).frame.select(names).rows()
    assert rows == [(None, None, 0), (0, 0, 0), (None, None, None), (1, 1, 0)]
    alone = score_samples(frame.head(1), ["per_token_accuracy_char__flexible_number"])
    assert alone.coverage["reason"].item() == "not available: no sample of this run has usable output and targets"


def test_the_same_metric_on_several_extractions_in_one_pass() -> None:
    frame = samples(("The answer is (B).", ["B"]), ("B", ["B"]), ("It is 12, so 13", ["13"]))
    names = ["exact_match", "exact_match__letter", "exact_match__flexible_number", "token_edit_distance_char__letter"]
    rows = score_samples(frame, names).frame.select(names).rows()
    assert rows == [(0, 1, None, 0), (1, 1, None, 0), (0, 0, 1, 2)]


@pytest.mark.parametrize("name", EXTRACTIONS)
def test_a_right_answer_is_found_in_the_examples(name: str) -> None:
    for output, target in EXTRACTIONS[name].examples:
        found = extract(samples((output, [target])), name)
        assert found["output"].to_list() == found["targets"].list.first().to_list()


@settings(deadline=None, max_examples=25)
@given(st.lists(st.text(st.characters(codec="utf-8"), max_size=20) | st.sampled_from(["{", '{"', "####", "(A"])))
def test_no_text_breaks_an_extraction(texts: list[str]) -> None:
    frame = samples(*((text, [text]) for text in texts)).with_columns(extracted=pl.col("output"))
    for name in EXTRACTIONS:
        assert extract(frame, name)["output"].null_count() == 0


def test_deep_nesting_is_no_answer() -> None:
    assert json_answer("{" * 5_000 + '"answer": 1') is None
    assert json_answer('{"a":' * 5_000 + "1" + "}" * 5_000) is None


def test_unknown_doubled_and_ill_named() -> None:
    frame = samples(("a", ["a"]))
    with pytest.raises(MetricError, match=r"'lettre' does not exist; choose from .*letter"):
        extract(frame, "lettre")
    with pytest.raises(MetricError, match="column 'extracted', which these samples lack"):
        extract(frame, "logged")
    with pytest.raises(MetricError, match="declared twice"):
        declare_extraction(EXTRACTIONS["letter"])
    with pytest.raises(MetricError, match="single underscores"):
        declare_extraction(Extraction("a__b", "", 1, "", "", lambda text: text))
