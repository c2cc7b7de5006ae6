"""The rows of single ladders, cut out of those of all runs of a unit of work."""

from __future__ import annotations

import numpy as np
import polars as pl

from flows.ladders import Ladder, by_answer

SAMPLE_KEY = ("run_id", "item_id", "repeat")
MEMBER = {"run_id": pl.String, "model_id": pl.String, "seed": pl.Int64, "scale": pl.Float64}


class LadderFrames:
    """Scores, outputs and floors of some runs.

    Args:
        scores: One row a sample: ``SAMPLE_KEY``, ``cluster``, ``category`` and score columns.
        outputs: What is read of the same samples beside their scores, with ``SAMPLE_KEY``; None: nothing is.
        floors: run_id, metric and value.
    """

    def __init__(self, scores: pl.DataFrame, outputs: pl.DataFrame | None, floors: pl.DataFrame) -> None:
        self._rows = scores if outputs is None else _beside(scores, outputs)
        names = self._rows["run_id"].unique().sort()
        self._number = {name: number for number, name in enumerate(names)}
        # runs are found by number: a ladder of thousands of rows then costs no comparison of texts
        self._numbers = self._rows["run_id"].cast(pl.Enum(names)).to_physical().to_numpy()
        self._floors = floors

    def rows(self, ladder: Ladder) -> pl.DataFrame:
        """One row a (run, item, repeat) of a ladder: its place, its scores, its run's floors as ``floor:<metric>``."""
        members = pl.DataFrame([{name: getattr(one, name) for name in MEMBER} for one in ladder.members], schema=MEMBER)
        mine = self._floors.join(members.select("run_id"), on="run_id", how="semi").sort("run_id", "metric")
        if mine.height:
            wide = mine.with_columns(metric="floor:" + pl.col("metric")).pivot("metric", index="run_id", values="value")
            members = members.join(wide, on="run_id", how="left", maintain_order="left")
        members = members.filter(pl.col("run_id").is_in(list(self._number)))
        position = np.full(len(self._number), -1)
        position[[self._number[name] for name in members["run_id"]]] = np.arange(members.height)
        member = position[self._numbers]
        kept = np.flatnonzero(member >= 0)
        cluster = pl.lit(None, dtype=pl.String) if ladder.cluster is None else pl.col(ladder.cluster)
        rows = self._rows[kept].with_columns(cluster=cluster)
        return by_answer(rows.hstack(members.drop("run_id")[member[kept]]), ladder.answer)


def _beside(scores: pl.DataFrame, outputs: pl.DataFrame) -> pl.DataFrame:
    """Scores with the outputs they are of; both tables mostly hold their rows in one order."""
    if scores.select(SAMPLE_KEY).equals(outputs.select(SAMPLE_KEY)):
        return scores.hstack(outputs.drop(SAMPLE_KEY))
    return scores.join(outputs, on=SAMPLE_KEY, how="inner", maintain_order="left")
