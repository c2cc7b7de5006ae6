"""Steps, against values worked by hand."""

from __future__ import annotations

import pytest

from metrics.scores import score_samples
from tests.metrics.samples import samples

TARGET = "9+9=18;18+9=27;27+5=32;32+2=34"
ROWS = {
    TARGET: (1, 1, 5, 1),
    " 9+9=18 ;\n18+9=27; 27+5=32;;32+2=34; ": (1, 1, 5, 1),
    "9+9=18;18+9=26;27+5=32;32+2=34": (0.75, 0.25, 2, 0),
    "9+9=18;27+5=32;32+2=34": (0.25, 0.25, 2, 0),
    TARGET + ";34+1=35": (1, 1, 5, 0),
    "9+9=18;18+9=27": (0.5, 0.5, 3, 0),
    "34": (0, 0, 1, 0),
    "": (0, 0, 1, 0),
}
NAMES = ("step_accuracy", "steps_before_error", "first_wrong_step", "all_steps_correct")


@pytest.mark.parametrize("output", ROWS)
@pytest.mark.parametrize("rule", ["semicolon", "line"])
def test_steps_by_hand(output: str, rule: str) -> None:
    ours, target = output, TARGET
    if rule == "line":
        ours, target = output.replace("\n", " ").replace(";", "\n"), TARGET.replace(";", " \n\n ")
    names = [f"{name}_{rule}" for name in NAMES]
    scored = score_samples(samples((ours, [target])), names).frame
    assert scored.select(names).row(0) == ROWS[output]


def test_the_nearest_of_several_targets_counts() -> None:
    frame = samples(("a;b;c", ["x;y;z", "a;b;d"]), ("a", ["", ";"]))
    names = [f"{name}_semicolon" for name in NAMES]
    rows = score_samples(frame, names).frame.select(names).rows()
    assert rows == [(pytest.approx(2 / 3), pytest.approx(2 / 3), 3, 0), (None, None, None, None)]
