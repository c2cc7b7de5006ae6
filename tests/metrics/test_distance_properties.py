"""What makes the token edit distance a distance, and its similarity a similarity, on any texts."""

from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from metrics.scores import score_samples
from metrics.tokens import TOKENIZATIONS
from tests.metrics.samples import samples

TEXT = st.text(alphabet=st.sampled_from("ab1 2é\U0001f600́\tא,"), max_size=12)


def scores(pairs: list[tuple[str, str]], name: str) -> list[float]:
    """A metric of (output, target) pairs."""
    return score_samples(samples(*((output, [target]) for output, target in pairs)), [name]).frame[name].to_list()


@pytest.mark.parametrize("tokenization", sorted(TOKENIZATIONS))
@settings(max_examples=60, deadline=None)
@given(one=TEXT, two=TEXT, three=TEXT)
def test_it_is_a_metric_in_the_sense_of_mathematics(tokenization: str, one: str, two: str, three: str) -> None:
    name = f"token_edit_distance_{tokenization}"
    there, back, first, second, nothing = scores(
        [(one, three), (three, one), (one, two), (two, three), (one, one)], name
    )
    assert there == back
    assert there <= first + second
    assert nothing == 0
    assert there >= 0


@pytest.mark.parametrize("tokenization", sorted(TOKENIZATIONS))
@settings(max_examples=60, deadline=None)
@given(pairs=st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=6))
def test_similarity_is_a_share_and_one_only_at_no_distance(tokenization: str, pairs: list[tuple[str, str]]) -> None:
    distance = scores(pairs, f"token_edit_distance_{tokenization}")
    similarity = scores(pairs, f"token_edit_similarity_{tokenization}")
    for d, s in zip(distance, similarity, strict=True):
        assert 0 <= s <= 1
        assert (s == 1) == (d == 0)


@settings(max_examples=60, deadline=None)
@given(pairs=st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=6))
def test_exact_match_is_no_distance_in_characters(pairs: list[tuple[str, str]]) -> None:
    frame = pl.DataFrame({"exact": scores(pairs, "exact_match"), "distance": scores(pairs, "token_edit_distance_char")})
    assert frame.select(((pl.col("exact") == 1) == (pl.col("distance") == 0)).all()).item()
