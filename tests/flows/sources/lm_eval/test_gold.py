"""Which choice is right, by every way a log may say it, against the logged score of every row."""

from __future__ import annotations

from flows.sources.lm_eval.gold import Choice, GoldRule
from tests.flows.sources.lm_eval.test_rows import case
from tests.flows.sources.reading import read


def test_a_digit_that_is_a_number() -> None:
    found = read(case("digits"))

    assert found.column("gold") == [2, 3]
    ours, logged = found.scores()["brier_score", "none"]
    assert ours == logged


def test_the_same_digit_that_is_a_text() -> None:
    assert read(case("digit_texts")).column("gold") == [0, 1]


def test_the_text_of_a_choice() -> None:
    found = read(case("words"))

    assert found.column("gold") == [1, 0]
    assert found.scores() == {("acc", "none"): (0.5, 0.5), ("acc_norm", "none"): (0.5, 0.5)}


def test_contexts_that_differ_are_the_choices() -> None:
    found = read(case("contexts"))

    assert found.column("gold") == [0, 1]
    assert found.column("choices") == [["The trophy", "The case"]] * 2
    assert found.column("prompt") == [None, None]


def test_a_gold_that_only_right_rows_would_tell_is_told_for_none() -> None:
    found = read(case("contexts3"))

    assert found.column("gold") == [None, None]
    assert found.finding("no_gold").reason.startswith("2 rows")


def test_unconditional_requests_are_no_choices() -> None:
    (row,) = read(case("mutual")).rows

    assert (row["choices"], row["choice_logprobs"], row["gold"]) == (["yes", "no"], [-1.0, -2.0], 1)


def test_several_golds() -> None:
    found = read(case("several"))

    assert found.column("gold") == [None, 1]
    assert found.column("targets") == [["a", "c"], ["b"]]


def choice(target: object, acc: float | None, logprobs: tuple[float, ...] = (-1.0, -2.0, -3.0)) -> Choice:
    return Choice(target, ("a", "b", "1"), logprobs, acc, contexts_differ=False)


def test_one_row_that_contradicts_strikes_a_reading() -> None:
    rule = GoldRule()
    rule.learn([choice("1", 0.0), choice("1", 0.0)])
    assert rule.possible == ["number", "text"]
    assert rule.gold(choice("1", None)) == 1

    rule.learn([choice("1", 1.0, (-3.0, -2.0, -1.0))])
    assert rule.possible == ["text"]
    assert rule.gold(choice("1", None)) == 2

    rule.learn([choice("2", 0.0)])
    assert rule.possible == []
    assert rule.gold(choice("1", None)) is None


def test_a_log_without_scores_is_read_by_number_first() -> None:
    rule = GoldRule()
    rule.learn([choice("1", None)])

    assert rule.gold(choice("1", None)) == 1
