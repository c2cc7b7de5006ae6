"""Cell metrics against the numbers derived by hand in tests/reference/choices, and exact enumeration."""

from __future__ import annotations

import random
from itertools import combinations
from math import comb, log

import numpy as np
import polars as pl
import pytest
import sacrebleu

from metrics.catalogue.runs import expected_calibration_error, pass_at_k
from metrics.cells import CELL_METRICS, CellMetric, Parts, catalogue, declare_cell_metric, score_cells
from metrics.registry import METRICS, MetricError
from metrics.registry import catalogue as registry_catalogue
from tests.metrics.samples import samples
from tests.metrics.test_choice import HAND, SECOND, frame


def value(samples: pl.DataFrame, name: str) -> float | None:
    found: float | None = score_cells(samples, [name])["value"].item()
    return found


def two_choices(p: float, gold: int) -> dict[str, object]:
    return {"choice_logprobs": [log(p), log(1 - p)], "gold": gold}


def test_calibration_by_hand() -> None:
    answers = frame(two_choices(0.95, 0), two_choices(0.91, 1), two_choices(0.55, 0), two_choices(0.48, 1))
    assert value(answers, "expected_calibration_error") == pytest.approx(0.4475)


def test_calibration_bin_by_bin() -> None:
    random = np.random.default_rng(3)
    confidence = np.append(random.uniform(0.01, 1, 400), [0.1, 0.2, 1.0])
    right = (random.random(len(confidence)) < confidence).astype(float)
    total = 0.0
    for b in range(10):
        inside = (confidence > b / 10) & (confidence <= (b + 1) / 10)
        if inside.any():
            total += inside.mean() * abs(confidence[inside].mean() - right[inside].mean())
    assert expected_calibration_error(confidence, right) == pytest.approx(total)


def test_the_pooled_brier_score_weighs_questions_by_their_choices() -> None:
    assert value(frame(HAND, SECOND), "brier_score_big_bench_pooled") == pytest.approx(0.36775)


def test_pass_at_k_equals_counting_all_draws() -> None:
    for n in range(1, 7):
        for c in range(n + 1):
            for k in range(1, n + 1):
                draws = list(combinations([1] * c + [0] * (n - c), k))
                found = pass_at_k(np.array([float(n)]), np.array([float(c)]), k)
                assert found == pytest.approx(np.mean([any(draw) for draw in draws]), abs=1e-12)
    large = pass_at_k(np.array([200.0]), np.array([3.0]), 100)
    assert large == pytest.approx(1 - comb(197, 100) / comb(200, 100))


def test_pass_at_k_by_hand() -> None:
    tries = samples(*[("y", ["y"])] * 2, *[("n", ["y"])] * 3, *[("n", ["y"])] * 5)
    tries = tries.with_columns(
        item_id=pl.Series(["a"] * 5 + ["b"] * 5), repeat=pl.Series([*range(5)] * 2, dtype=pl.Int32)
    )
    assert value(tries, "pass_at_1") == pytest.approx(2 / 5 / 2)
    assert value(tries, "pass_at_2") == pytest.approx(0.7 / 2)
    assert value(tries, "pass_at_5") == pytest.approx(0.5)
    row = score_cells(tries, ["pass_at_10"]).row(0, named=True)
    assert row["value"] is None
    assert row["reason"] == "not available: at most 5 outputs of an item in this run, 10 are needed"


def test_items_with_too_few_outputs_are_left_out() -> None:
    tries = samples(("y", ["y"]), ("y", ["y"]), ("n", ["y"])).with_columns(item_id=pl.Series(["a", "a", "b"]))
    row = score_cells(tries, ["pass_at_2"]).row(0, named=True)
    assert (row["value"], row["n"]) == (1, 1)


@pytest.mark.parametrize("name", CELL_METRICS)
def test_what_is_missing_is_named(name: str) -> None:
    declared = CELL_METRICS[name]
    empty = pl.DataFrame({"run_id": ["r"], "item_id": ["1"], "repeat": [0], declared.needs[0]: [None]})
    row = score_cells(empty, [name]).row(0, named=True)
    assert row["value"] is None
    assert row["reason"] == f"not available: no {' and no '.join(declared.needs)} in this run"


def test_every_run_is_scored_by_itself() -> None:
    one = frame(HAND, SECOND)
    two = frame(SECOND).with_columns(run_id=pl.lit("two"))
    both = score_cells(pl.concat([two, one]))
    assert both.filter(pl.col("run_id") == "run").equals(score_cells(one))
    assert both.height == 2 * len(CELL_METRICS)


def test_no_comparable_choice_is_said() -> None:
    bad = frame({"choice_logprobs": [float("nan")], "gold": 0})
    assert score_cells(bad, ["expected_calibration_error"])["reason"].item().endswith("has comparable choices")


def test_names_are_declared_once_and_known() -> None:
    assert not set(CELL_METRICS) & set(METRICS)
    first: CellMetric = CELL_METRICS["pass_at_1"]
    with pytest.raises(MetricError, match="declared twice"):
        declare_cell_metric(first)
    with pytest.raises(MetricError, match=r"'pass_at_3' does not exist; choose from .*pass_at_2"):
        score_cells(frame(HAND), ["pass_at_3"])


def corpus(n: int, seed: int) -> list[tuple[str, list[str]]]:
    pick = random.Random(seed)
    words = [
        "cat",
        "sat.",
        "12,5",
        "1.5",
        "you&amp;me",
        "\u4f60\u597d",
        "e\u0301",
        "\U0001f642",
        "a-b",
        "\u05e9\u05dc\u05d5\u05dd",
        "",
    ]

    def text() -> str:
        return " ".join(pick.choices(words, k=pick.randint(0, 12)))

    rows = []
    for _ in range(n):
        target = text()
        output = target if pick.random() < 0.3 else " ".join([*target.split()[: pick.randint(0, 9)], text()])
        rows.append((output, [target, text()]))
    return rows


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("n", [1, 2, 40])
def test_scores_of_a_corpus_equal_those_of_sacrebleu(n: int, seed: int) -> None:
    rows = corpus(n, seed)
    outputs = [output for output, _ in rows]
    references = [[targets[place] for _, targets in rows] for place in range(2)]
    bleu = sacrebleu.corpus_bleu(outputs, references).score / 100
    chrf = sacrebleu.corpus_chrf(outputs, references).score / 100
    assert value(samples(*rows), "bleu_corpus") == pytest.approx(bleu, abs=1e-12)
    assert value(samples(*rows), "chrf_corpus") == pytest.approx(chrf, abs=1e-12)


def test_the_error_of_a_mean_is_its_standard_error() -> None:
    tries = samples(*[("y" if right else "n", ["y"]) for right in (1, 1, 0, 1, 0, 0, 0, 1, 1, 1)])
    row = score_cells(tries, ["pass_at_1"]).row(0, named=True)
    assert row["se"] == pytest.approx((0.6 * 0.4 / 9) ** 0.5)
    assert (row["low"], row["high"]) == pytest.approx(
        (0.6 - 2.262157 * row["se"], 0.6 + 2.262157 * row["se"]), abs=1e-6
    )


def test_the_error_of_corpus_scores_is_that_of_resampled_items() -> None:
    run = samples(*corpus(300, 7))
    weights = np.random.default_rng(1).multinomial(300, [1 / 300] * 300, 2000).astype(float)
    for name in ("bleu_corpus", "chrf_corpus"):
        parts = CELL_METRICS[name].function(run)
        assert isinstance(parts, Parts)
        draws = parts.combine(weights @ parts.values)
        assert score_cells(run, [name])["se"].item() == pytest.approx(draws.std(), rel=0.1)


def test_equal_items_leave_open_what_their_number_leaves_open() -> None:
    row = score_cells(samples(*[("n", ["y"])] * 20), ["pass_at_1"]).row(0, named=True)
    assert (row["value"], row["se"], row["low"]) == (0, 0, 0)
    assert row["high"] == pytest.approx(0.161, abs=1e-3)
    alone = score_cells(samples(("y", ["y"])), ["pass_at_1"]).row(0, named=True)
    assert (alone["value"], alone["se"], alone["low"], alone["high"]) == (1, None, None, None)


def test_the_catalogue_has_the_columns_of_the_other() -> None:
    assert set(catalogue().columns) == set(registry_catalogue().columns)
    assert catalogue()["name"].to_list() == list(CELL_METRICS)
