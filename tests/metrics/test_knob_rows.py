"""The rows of a ladder's knob: keys, the metric that is sharpened, and values that equal the ladder's own curves."""

from __future__ import annotations

import datetime as dt

import numpy as np
import polars as pl
import pytest

from metrics.analysis import AnalysisOptions, analyze_ladder
from metrics.ladder import LadderInfo

INFO = LadderInfo("m/t", "m", "t", None, "n_params", None, None, None, 0.0, "h")
NOW = dt.datetime(2026, 11, 23)


def rows(*, clustered: bool = False, choices: bool = False) -> pl.DataFrame:
    random = np.random.default_rng(4)
    frames = []
    for place, accuracy in enumerate((0.2, 0.45, 0.7, 0.9)):
        for seed in (0, 1):
            correct = random.binomial(4, accuracy, 60)
            frame = pl.DataFrame(
                {
                    "run_id": f"r{place}{seed}",
                    "model_id": f"m{place}",
                    "seed": seed,
                    "scale": 10.0 ** (4 + place),
                    "item_id": [f"i{item:02d}" for item in range(60)],
                    "cluster": [f"c{item // 3}" if clustered else None for item in range(60)],
                    "exact_match": (correct == 4).astype(float),
                    "target_length_char": 4.0,
                    "per_token_accuracy_char": correct / 4,
                    "token_edit_similarity_char": correct / 4,
                },
                schema_overrides={"cluster": pl.String},
            )
            frames.append(frame.with_columns(correct_choice_probability=pl.col("exact_match")) if choices else frame)
    return pl.concat(frames)


@pytest.mark.parametrize("clustered", [False, True])
def test_the_sharpest_setting_is_the_curve_of_exact_match(clustered: bool) -> None:
    frames = analyze_ladder(rows(clustered=clustered), INFO, AnalysisOptions(), NOW).frames
    settings, curves = frames["ladder_knob"], frames["ladder_knob_curve"]
    assert settings.select("ladder_id", "knob", "setting").is_unique().all()
    assert curves.height == 4 * settings.height
    assert (curves["low"] <= curves["value"]).all()
    assert (curves["high"] >= curves["value"]).all()
    exact = frames["curve"].filter(metric="exact_match").sort("scale_index")["value"]
    sharpest = curves.filter(knob="tokens_required", setting=1.0).sort("scale_index")
    assert sharpest["value"].to_list() == pytest.approx(exact.to_list())
    assert sharpest["scale"].to_list() == pytest.approx([1e4, 1e5, 1e6, 1e7])
    described = frames["description"].filter(metric="exact_match").row(0, named=True)
    found = settings.filter(knob="tokens_required", setting=1.0).row(0, named=True)
    for name in ("rise", "emergence_score", "linearity"):
        assert found[name] == pytest.approx(described[name])
    assert found["emergence_score_low"] <= found["emergence_score_high"]


def test_every_knob_says_which_metric_it_sharpens() -> None:
    settings = analyze_ladder(rows(), INFO, AnalysisOptions(), NOW).frames["ladder_knob"]
    assert dict(settings.select("knob", "metric").unique().rows()) == {
        "tokens_required": "per_token_accuracy_char",
        "threshold": "token_edit_similarity_char",
        "answer_length": "exact_match",
        "compounded_length": "per_token_accuracy_char",
    }
    choices = analyze_ladder(rows(choices=True), INFO, AnalysisOptions(), NOW).frames["ladder_knob"]
    assert choices.filter(knob="threshold")["metric"].unique().to_list() == ["correct_choice_probability"]


def test_one_scale_has_no_knob() -> None:
    one = rows().filter(pl.col("model_id") == "m0")
    frames = analyze_ladder(one, INFO, AnalysisOptions(), NOW).frames
    assert frames["ladder_knob"].is_empty()
    assert frames["ladder_knob_curve"].is_empty()
