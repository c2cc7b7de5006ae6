from __future__ import annotations

import json
from dataclasses import asdict, fields, replace

import pytest

from metrics.constants import ConstantError, Constants
from metrics.errors import MirageError


def test_every_constant_is_explained():
    text = Constants.__doc__ or ""
    for field in fields(Constants):
        assert f"    {field.name}: " in text


def test_constants_travel_as_json():
    assert json.loads(json.dumps(asdict(Constants())))["steepest_slope"] == 4.4


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("method", 99),
        ("break_tail", 0.0),
        ("break_tail", 0.7),
        ("prior_run_sd", float("nan")),
        ("run_sd_grid", ()),
        ("run_sd_grid", (0.1, -0.1)),
        ("least_scales", 3),
        ("steepest_slope", 0.1),
    ],
)
def test_a_bad_constant_is_named(name, value):
    with pytest.raises(ConstantError, match=name) as caught:
        replace(Constants(), **{name: value})
    assert isinstance(caught.value, MirageError)
    assert caught.value.name == name
