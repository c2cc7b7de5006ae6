"""The benchmark of many ladders, in a small size."""

from __future__ import annotations

from dataclasses import replace

from benchmarks.many_ladders import Shard, growth, measure


def test_shards_hold_their_ladders_whatever_their_size() -> None:
    whole, first, second = measure(0, 4), measure(0, 2), measure(2, 2)
    assert whole.verdicts == first.verdicts + second.verdicts
    assert sum(whole.verdicts.values()) == 4
    assert min(whole.made, whole.decided, whole.forecast) > 0
    assert 20 < whole.megabytes < 2000


def test_growth_is_that_of_the_worst_worker() -> None:
    one: Shard = replace(measure(0, 1), process=1, megabytes=100.0)
    held = [one, replace(one, megabytes=103.0), replace(one, megabytes=104.0), replace(one, process=2, megabytes=50.0)]
    assert growth(held) == 1.0
