"""Every metric of text on odd texts: bounds hold, the plain ones equal Python's own, a million characters pass."""

from __future__ import annotations

import math
from itertools import product

import polars as pl
import pytest

from metrics.extraction import EXTRACTIONS
from metrics.registry import METRICS, find
from metrics.scores import score_samples
from tests.metrics.samples import samples

ODD = [
    "", " ", "\t", "\n\n", "\u00a0", "\u3000x", "a\x00b", "é", "e\u0301", "🙂", "👨\u200d👩\u200d👧", "\u202eabc",
    "שלום 12", "你好\uff0c世界", "\u0663\u066b\u0665", "12", "012", "1e400", "-0", "NaN", "inf", "(B)",
    "The answer is A.", "#### 7",
    "\\boxed{1/2}", "$1,000.50", "a;b;", "a\r\nb", "\ufeffa", "\ufb01", "ß", "İ", "\U0010ffff",
    "x" * 300,
]  # fmt: skip
TEXT = {"output", "targets", "extracted", "prompt"}


def text_metrics() -> list[str]:
    names = [metric.name for metric in METRICS.values() if set(metric.columns) <= TEXT]
    return list(dict.fromkeys([*names, *(f"token_edit_similarity_char__{rule}" for rule in EXTRACTIONS)]))


def rows() -> pl.DataFrame:
    pairs = list(product(ODD, ODD))
    frame = samples(*[(output, [target]) for output, target in pairs])
    return frame.with_columns(extracted="output", prompt=pl.lit("Question: ") + pl.col("targets").list.first())


@pytest.mark.parametrize("name", text_metrics())
def test_scores_are_finite_and_inside_the_bounds(name: str) -> None:
    declared = find(name)
    known = score_samples(rows(), [name]).frame[name].drop_nulls()
    assert known.is_finite().all()
    assert (known >= (-math.inf if declared.low is None else declared.low - 1e-12)).all()
    assert (known <= (math.inf if declared.high is None else declared.high + 1e-12)).all()


def test_plain_comparisons_are_python_s_own() -> None:
    frame = score_samples(rows(), ["exact_match", "prefix_match", "longest_correct_prefix_char"]).frame
    for place, (output, target) in enumerate(product(ODD, ODD)):
        assert frame["exact_match"][place] == float(output == target)
        # white space around both is left out, as the definition says
        begins = float(output.strip().startswith(target.strip())) if target.strip() else None
        assert frame["prefix_match"][place] == begins
        common = next((i for i, (a, b) in enumerate(zip(output, target, strict=False)) if a != b), None)
        shared = min(len(output), len(target)) if common is None else common
        expected = None if not target else shared / len(target)
        assert frame["longest_correct_prefix_char"][place] == pytest.approx(expected)


def test_composed_and_decomposed_letters_differ_unless_a_metric_says_otherwise() -> None:
    frame = score_samples(samples(("é", ["e\u0301"])), ["exact_match", "token_edit_distance_char"]).frame
    assert frame.select("exact_match", "token_edit_distance_char").row(0) == (0.0, 2.0)


def test_a_million_characters_pass_every_metric() -> None:
    text = ("The answer is 12; é🙂 שלום\n" * 40_000)[:1_000_000]
    frame = samples((text[:-1] + "x", [text])).with_columns(extracted="output", prompt=pl.lit(""))
    # runs of characters and words are counted one by one: a tenth shows the same in a tenth of the time
    slow = {"chrf", "bleu"}
    names = [name for name in text_metrics() if "__" not in name and name not in slow]
    scored = score_samples(frame, names).frame.row(0, named=True)
    short = samples((text[:99_999] + "x", [text[:100_000]]))
    scored |= score_samples(short, sorted(slow)).frame.select(sorted(slow)).row(0, named=True)
    assert scored["exact_match"] == 0
    assert scored["token_edit_distance_char"] == 1
    assert scored["token_edit_similarity_char"] == pytest.approx(1 - 1e-6, abs=1e-12)
    assert scored["chrf"] == pytest.approx(1, abs=1e-3)
    assert scored["bleu"] == pytest.approx(1, abs=1e-3)
    for name in (*names, *slow):
        declared = find(name)
        assert scored[name] is None or declared.high is None or declared.low <= scored[name] <= declared.high
