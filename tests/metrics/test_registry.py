"""Every metric of the catalogue keeps its declaration."""

from __future__ import annotations

import polars as pl
import pytest

import metrics.catalogue  # noqa: F401 - fills the registry
from metrics.registry import METRICS, Metric, MetricError, catalogue, metric
from metrics.scores import score_samples
from tests.metrics.samples import samples, teacher_forced

ALL = list(METRICS.values())
NAMES = [m.name for m in ALL]


def perfect() -> pl.DataFrame:
    frame = samples(("12 apples", ["12 apples"]), ("é🙂", ["é🙂", "z"]))
    return frame.with_columns(
        target_logprobs=pl.Series([[0.0, 0.0], [0.0]], dtype=pl.List(pl.Float64)),
        target_is_argmax=pl.Series([[True, True], [True]], dtype=pl.List(pl.Boolean)),
    )


def worst() -> pl.DataFrame:
    frame = samples(("", ["12 apples"]), ("qqqqqq", ["zz"]))
    return frame.with_columns(
        target_logprobs=pl.Series([[-900.0, -900.0], [-900.0]], dtype=pl.List(pl.Float64)),
        target_is_argmax=pl.Series([[False, False], [False]], dtype=pl.List(pl.Boolean)),
    )


@pytest.mark.parametrize("declared", ALL, ids=NAMES)
def test_bounds_and_direction(declared: Metric) -> None:
    best = score_samples(perfect(), [declared.name]).frame[declared.name]
    bad = score_samples(worst(), [declared.name]).frame[declared.name]
    for values in (best, bad):
        assert values.dtype == pl.Float64
        assert not values.is_nan().any()
        assert values.is_finite().all()
        if declared.low is not None:
            assert (values >= declared.low).all()
        if declared.high is not None:
            assert (values <= declared.high).all()
    if declared.kind == "count":
        return
    ideal = declared.high if declared.higher_is_better else declared.low
    assert (best == ideal).all()
    assert ((bad < best) if declared.higher_is_better else (bad > best)).all()


@pytest.mark.parametrize("declared", ALL, ids=NAMES)
def test_null_in_null_out(declared: Metric) -> None:
    for needed in declared.needs:
        frame = perfect().with_columns(pl.lit(None).cast(perfect().schema[needed]).alias(needed))
        scores = score_samples(frame, [declared.name])
        assert scores.frame[declared.name].null_count() == frame.height
        assert needed in str(scores.coverage["reason"][0])


@pytest.mark.parametrize("declared", ALL, ids=NAMES)
def test_an_empty_frame_scores_nothing(declared: Metric) -> None:
    assert score_samples(perfect().clear(), [declared.name]).frame.height == 0


@pytest.mark.parametrize("declared", ALL, ids=NAMES)
def test_every_declaration_is_documented(declared: Metric) -> None:
    assert declared.definition
    assert declared.source
    assert declared.version >= 1
    assert declared.label != declared.name


def test_the_catalogue_has_one_row_a_metric() -> None:
    assert catalogue()["name"].to_list() == NAMES


def test_a_name_is_declared_once_and_well_formed() -> None:
    with pytest.raises(MetricError, match="declared twice"):
        metric("exact_match", label="", kind="smooth", unit="share", low=0, high=1, needs=(), source="", definition="")
    with pytest.raises(MetricError, match="lower-case"):
        metric("Exact", label="", kind="smooth", unit="share", low=0, high=1, needs=(), source="", definition="")


def test_log_probabilities_of_the_worst_are_the_worst() -> None:
    frame = teacher_forced([[-900.0]], [[False]])
    assert score_samples(frame, ["expected_exact_match"]).frame["expected_exact_match"].item() == 0.0
