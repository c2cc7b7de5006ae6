"""Sentences that keep a page honest: who made the rise, and what would change the verdict."""

from __future__ import annotations

from dataclasses import replace

from reports.data import LadderData
from reports.sentences import headline, lede, made_by
from reports.settle import what_would_change
from reports.verdicts import VERDICTS


def with_verdict(ladder: LadderData, **columns: object) -> LadderData:
    """The ladder with other columns in its verdict's overview."""
    overview = [ladder.overview | columns]
    return replace(ladder, tables={**ladder.tables, "ladder_overview": overview})


def with_risers(ladder: LadderData, n_runs: int, n_made: int) -> LadderData:
    row = {
        "metric": ladder.metrics["em"], "sharpest_gap": 4, "n_runs": n_runs, "n_made": n_made,
        "least_made": 0.9, "most_others": 0.1,
    }  # fmt: skip
    return replace(ladder, tables={**ladder.tables, "risers": [row]})


def text(ladder: LadderData) -> str:
    return "".join(span.text for span in lede(ladder))


def test_a_rise_that_one_run_made_is_called_a_mean(ladders: dict[str, LadderData]) -> None:
    found = with_risers(ladders["artifact"], 3, 1)
    assert "That is a mean: 1 of 3 training runs at 10.2M makes it and reaches 90\u00a0%; the others stay at" in text(
        found
    )
    assert made_by(found, found.metrics["em"]) == "made by 1 of 3 runs"
    two = with_risers(ladders["artifact"], 3, 2)
    assert "2 of 3 training runs at 10.2M make it and reach at least 90\u00a0%; the other stays at 10\u00a0%." in text(
        two
    )
    all_of_them = with_risers(ladders["artifact"], 3, 3)
    assert "mean" not in text(all_of_them)
    assert made_by(all_of_them, all_of_them.metrics["em"]) is None


def test_every_verdict_has_a_headline_and_says_what_would_change_it(ladders: dict[str, LadderData]) -> None:
    for verdict in VERDICTS:
        ladder = with_verdict(ladders["artifact"], verdict=verdict, needed=None, kind=None, gap_index=3)
        assert "has not been judged" not in headline(ladder)
        assert (what_would_change(ladder) is None) == (verdict in ("undetermined", "resolution_limited")), verdict
    needed = with_verdict(ladders["artifact"], needed="two seeds at 90k")
    assert what_would_change(needed) is None


def test_a_lottery_says_what_the_seed_decides(ladders: dict[str, LadderData]) -> None:
    timing = with_verdict(ladders["artifact"], verdict="seed_lottery", kind="timing")
    assert headline(timing) == "Made-up artifact: at which point a training run finds it is a matter of its seed."


def test_the_number_a_smooth_verdict_hangs_on_is_named(ladders: dict[str, LadderData]) -> None:
    ladder = with_verdict(
        ladders["artifact"], verdict="mirage", needed=None, largest_allowed_jump=0.8, allowed_jump_limit=1.2
    )
    found = what_would_change(ladder) or ""
    assert "A jump above 1.20 logit in any gap; these data leave room for 0.80, in " in found
