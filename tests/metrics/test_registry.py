"""Every metric of the catalogue keeps its declaration."""

from __future__ import annotations

import pytest

import metrics.catalogue  # noqa: F401 - fills the registry
from metrics.contract import check_metric
from metrics.contract_samples import perfect_samples
from metrics.registry import METRICS, Metric, MetricError, catalogue, default_metrics, find, metric
from metrics.scores import score_samples
from tests.metrics.samples import samples, teacher_forced

ALL = list(METRICS.values())
NAMES = [m.name for m in ALL]


@pytest.mark.parametrize("declared", ALL, ids=NAMES)
def test_every_metric_keeps_the_contract(declared: Metric) -> None:
    assert check_metric(declared) == ()


@pytest.mark.parametrize("declared", ALL, ids=NAMES)
def test_what_is_missing_is_named(declared: Metric) -> None:
    for need in declared.needs:
        frame = perfect_samples().drop(need.split("|"))
        scores = score_samples(frame, [declared.name])
        assert scores.frame[declared.name].null_count() == frame.height
        assert scores.coverage["reason"].item() == f"not available: no {need.replace('|', ' or ')} in this run"


@pytest.mark.parametrize("declared", ALL, ids=NAMES)
def test_an_empty_frame_scores_nothing(declared: Metric) -> None:
    assert score_samples(perfect_samples().clear(), [declared.name]).frame.height == 0


def test_values_that_are_there_but_of_no_use_are_named_together() -> None:
    frame = samples(("a", None), (None, ["a"]))
    reason = score_samples(frame, ["exact_match"]).coverage["reason"].item()
    assert reason == "not available: no sample of this run has usable output and targets"


def test_without_names_the_default_metrics_are_scored() -> None:
    scored = score_samples(samples(("a", ["a"]))).frame.columns[3:]
    assert scored == [m.name for m in default_metrics()]
    assert set(scored) < {*NAMES}
    assert {"exact_match", "per_token_accuracy_char", "multiple_choice_grade"} <= {*scored}


def test_the_catalogue_has_one_row_a_metric() -> None:
    table = catalogue()
    assert table["name"].to_list() == list(METRICS)
    assert table["label"].is_unique().all()


def test_a_name_is_declared_once_and_well_formed() -> None:
    with pytest.raises(MetricError, match="declared twice"):
        metric("exact_match", label="", kind="smooth", unit="share", low=0, high=1, needs=(), source="", definition="")
    with pytest.raises(MetricError, match="lower-case"):
        metric("Exact", label="", kind="smooth", unit="share", low=0, high=1, needs=(), source="", definition="")


def test_a_name_that_cannot_be_derived_lists_the_catalogue() -> None:
    for name in ("exactmatch", "exact_match__", "exact_match__no_such_rule", "nothing__at_least_0_5"):
        with pytest.raises(MetricError, match=rf"'{name}' does not exist; choose from .*exact_match"):
            find(name)


def test_log_probabilities_of_the_worst_are_the_worst() -> None:
    frame = teacher_forced([[-900.0]], [[False]])
    assert score_samples(frame, ["expected_exact_match"]).frame["expected_exact_match"].item() == 0.0
