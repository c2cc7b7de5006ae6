"""The scores that a file states of itself, as rows of table ``source_score``."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import polars as pl

from flows.identity import run_name
from flows.sources.reported import REPORTED_SCHEMA, is_same
from flows.sources.schema import RUN_KEY

Defaults = Mapping[str, Mapping[str, object]]
KEY = ("uri", "run_id", "subset", "metric")
SOURCE_SCORE_SCHEMA = {
    "uri": pl.String,
    "run_id": pl.String,
    **REPORTED_SCHEMA,
    "agrees": pl.Boolean,
}
"""Columns of table ``source_score``."""


def source_scores(
    reported: Sequence[pl.DataFrame], runs: Sequence[Mapping[str, Any]], uri: str, defaults: Defaults
) -> pl.DataFrame:
    """Scores with the run that each is of.

    Args:
        reported: Frames in ``REPORTED_SCHEMA``.
        runs: The runs of the same file, with ``run_id``; a score belongs to one of them where it fits no other.
        uri: The file.
        defaults: By task, what the study says of runs whose log does not say it.

    Returns:
        Rows of ``SOURCE_SCORE_SCHEMA``; scores without model or task are left out, and of equal names the first stays.
    """
    rows = []
    for score in pl.concat(reported).to_dicts() if reported else []:
        if score["model_id"] is None or score["task_id"] is None or score["value"] is None:
            continue
        run = {name: score[name] for name in RUN_KEY}
        run |= {name: value for name, value in defaults.get(run["task_id"], {}).items() if run[name] is None}
        run_id = _run_of(run, runs) or run_name(run)
        agrees = None if score["recomputed"] is None else is_same(score["value"], score["recomputed"])
        rows.append(score | run | {"uri": uri, "run_id": run_id, "agrees": agrees})
    frame = pl.DataFrame(rows, schema=SOURCE_SCORE_SCHEMA)
    return frame.unique(KEY, keep="first", maintain_order=True)


def _run_of(run: Mapping[str, Any], runs: Sequence[Mapping[str, Any]]) -> str | None:
    """The one run that a score can be of: what the score does not say of it may be anything."""
    said = {name: value for name, value in run.items() if value is not None}
    fitting = [found["run_id"] for found in runs if all(found[name] == value for name, value in said.items())]
    return fitting[0] if len(fitting) == 1 else None
