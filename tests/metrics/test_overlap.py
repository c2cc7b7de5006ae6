"""chrF and BLEU against sacrebleu."""

from __future__ import annotations

import pytest
import sacrebleu
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.scores import score_samples
from tests.metrics.samples import samples

WORDS = ["the", "cat", "sat", "1,000", "3.5", "U.S.", "a-b", "5-6", "end.", ",", "(x)", "don't", "&amp;", "<skipped>"]
ODD = ["é", "e\u0301", "🙂", "👨\u200d👩\u200d👧", "שלום", "你好", "\t", "\n", "-\n", "\u3000", "\u200b"]
TEXT = st.lists(st.sampled_from(WORDS + ODD), max_size=9).map(" ".join) | st.text(
    st.characters(codec="utf-8"), max_size=30
)
PAIRS = st.lists(st.tuples(TEXT, st.lists(TEXT, min_size=1, max_size=3)), min_size=1, max_size=12)


def scores(name: str, rows: list[tuple[str, list[str]]]) -> list[float]:
    return score_samples(samples(*rows), [name]).frame[name].to_list()


@settings(deadline=None, max_examples=60)
@given(PAIRS)
def test_equal_to_sacrebleu_sentence_by_sentence(rows: list[tuple[str, list[str]]]) -> None:
    chrf = [sacrebleu.sentence_chrf(output, targets).score / 100 for output, targets in rows]
    bleu = [sacrebleu.sentence_bleu(output, targets).score / 100 for output, targets in rows]
    assert scores("chrf", rows) == pytest.approx(chrf, abs=1e-9)
    assert scores("bleu", rows) == pytest.approx(bleu, abs=1e-9)


@settings(deadline=None, max_examples=60)
@given(TEXT)
def test_a_text_equals_itself(text: str) -> None:
    whole = float(bool("".join(text.split())))
    assert scores("chrf", [(text, [text])]) == pytest.approx([whole])


def test_by_hand() -> None:
    # characters abc against abd: order 1: 2/3, order 2: 1/2, order 3: 0, longer orders do not exist: 7/18 for both
    assert scores("chrf", [("a b c", ["abd"])]) == pytest.approx([7 / 18])
    # words: precision 2/2 and 1/1, output of 2 words for 3: exp(1 - 3/2)
    assert scores("bleu", [("the cat", ["the cat sat"])]) == pytest.approx([2.718281828459045**-0.5])
