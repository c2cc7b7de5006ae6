"""Simulated ladders through the whole way, from files: the verdict is that of the simulation in memory."""

from __future__ import annotations

import json

import numpy as np
import polars as pl
import pytest

from metrics.calibration.forms import Design
from metrics.calibration.outputs import SimulatedLadder, simulate
from metrics.constants import RECOMMENDED_METHOD, Constants
from metrics.decide import decide
from tests.conftest import ROOT
from tests.flows.make import STUDY, Workshop

LETTERS = np.array([*"abcdefghij", "#"])
DESIGN = Design(n_scales=7, n_items=150, length=5, run_sd=0.08, log_probabilities=True)


def written(made: SimulatedLadder) -> pl.DataFrame:
    """One row an output, as a log would hold it."""
    assert made.log_probabilities is not None
    rows = []
    for run in range(len(made.x)):
        for item, length in enumerate(made.lengths.tolist()):
            target, output = made.targets[item, :length], made.outputs[run, item, :length]
            rows.append(
                {
                    "model_id": f"m{run}",
                    "task_id": "made",
                    "item_id": f"{item:04d}",
                    "prompt": f"{item}=",
                    "output": "".join(LETTERS[output]),
                    "targets": ["".join(LETTERS[target])],
                    "target_logprobs": made.log_probabilities[run, item, :length].tolist(),
                }
            )
    return pl.DataFrame(rows)


@pytest.mark.parametrize(("form", "verdicts"), [("line", ("smooth", "mirage")), ("switch", ("genuine_break",))])
def test_the_verdict_from_files_is_that_of_the_arrays(workshop: Workshop, form: str, verdicts: tuple[str, ...]) -> None:
    made = simulate(np.random.default_rng(6), form, DESIGN)
    workshop.write_study(STUDY)
    models = [{"model_id": f"m{run}", "family": "m", "n_params": float(10**x)} for run, x in enumerate(made.x)]
    pl.DataFrame(models).write_csv(workshop.folder / "models.csv")
    workshop.write("made.parquet", written(made))
    workshop.run()
    [(verdict, kind, text)] = workshop.rows("SELECT verdict, kind, evidence FROM verdict")
    constants = Constants(method=RECOMMENDED_METHOD)
    expected = decide(
        made.x, made.correct, made.lengths, made.exact, score=made.score, tokens=made.tokens, constants=constants
    )
    assert verdict in verdicts
    assert (verdict, kind) == (expected.verdict, expected.kind)
    evidence = json.loads(text)
    for name in ("x", "smooth_level", "smooth_logit_se", "exact_match"):
        np.testing.assert_allclose(evidence[name], expected.evidence[name], rtol=1e-6, atol=1e-9)
    assert evidence["jump_low_F3"] == pytest.approx(expected.evidence["jump_low_F3"], abs=1e-5)
    page = (ROOT / "docs" / "verdicts.md").read_text(encoding="utf-8")
    [*_, agrees, follows] = workshop.rows(page.split("<!-- redo -->\n```sql\n")[1].split("```")[0])[0]
    assert agrees
    assert follows
