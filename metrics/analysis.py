"""One ladder, from scores to every result table: curves, descriptions, compounding, verdict."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import datetime

import numpy as np
import polars as pl

import metrics.catalogue  # noqa: F401 - fills the registry
from metrics.arrays import Floats
from metrics.compounding_length import by_length
from metrics.constants import RECOMMENDED_METHOD, Constants
from metrics.curves import Curve, Limits, curve
from metrics.decide import decide
from metrics.decision import Decision, undecidable
from metrics.describe import describe, draw_resamples, resampled_curves
from metrics.forecast import forecast_all_cuts
from metrics.ladder import LadderInfo, PairedLadder
from metrics.ladder_data import TokenData
from metrics.registry import METRICS, Metric, find
from metrics.resolution import resolution
from metrics.tables import table
from metrics.token_arrays import token_data

EXACT_MATCH = "exact_match"
EXPECTED = "expected_exact_match"
LOG_LIKELIHOOD = "target_log_likelihood"


@dataclass(frozen=True)
class AnalysisOptions:
    """How to analyse; recorded with the verdict.

    Attributes:
        tokenization: The tokens that the verdict counts.
        constants: Constants of the verdict procedure.
        resamples: Bootstrap resamples of the descriptions.
        seed: Seeds the resamples and the forecast's draws.
    """

    tokenization: str = "char"
    constants: Constants = field(default_factory=lambda: Constants(method=RECOMMENDED_METHOD))
    resamples: int = 200
    seed: int = 0

    @property
    def reads_characters(self) -> bool:
        """Whether the verdict looks at single target characters, beside their scores."""
        return self.constants.method >= 2 and self.tokenization == "char"


@dataclass(frozen=True)
class LadderAnalysis:
    """Everything known of one ladder.

    Attributes:
        ladder_id: The ladder.
        frames: One Polars frame for each result table, by table name, with exactly the table's columns.
        decision: The verdict with its evidence.
    """

    ladder_id: str
    frames: dict[str, pl.DataFrame]
    decision: Decision


def analyze_ladder(rows: pl.DataFrame, info: LadderInfo, options: AnalysisOptions, now: datetime) -> LadderAnalysis:
    """Analyse one ladder.

    Args:
        rows: One row a (run, item) with ``run_id``, ``model_id``, ``seed``, ``scale``, ``item_id``, ``cluster``,
            score columns and, for each metric, an optional column ``floor:<metric>`` with the run's floor.
        info: What the ladder is.
        options: How to analyse.
        now: Written as the time of the analysis.
    """
    return _Analysis(rows, info, options, now).run()


class _Analysis:
    """The steps, sharing the paired arrays; each ``_rows_*`` method fills one result table."""

    def __init__(self, rows: pl.DataFrame, info: LadderInfo, options: AnalysisOptions, now: datetime) -> None:
        self.info, self.options, self.now = info, options, now
        self.ladder = PairedLadder(rows, [EXACT_MATCH, self._length_column], descending=info.axis == "train_loss")
        self._known_floors: dict[str, Floats] = {}
        self.tokens = self._token_data()
        self.smooth_metric = self._choose_smooth_metric()
        self.curves = self._all_curves()

    @property
    def _length_column(self) -> str:
        return f"target_length_{self.options.tokenization}"

    def run(self) -> LadderAnalysis:
        decision = self._decide()
        build: dict[str, Callable[[], list[dict[str, object]]]] = {
            "ladder": self._rows_ladder,
            "ladder_run": self._rows_ladder_run,
            "curve": self._rows_curve,
            "curve_run": self._rows_curve_run,
            "change": self._rows_change,
            "description": self._rows_description,
            "jump": lambda: self._rows_jump(decision),
            "compounding": lambda: self._rows_compounding(decision),
            "compounding_length": self._rows_compounding_length,
            "resolution": lambda: self._rows_resolution(decision),
            "forecast": self._rows_forecast,
            "verdict": lambda: [self._row_verdict(decision)],
            "finding": self._rows_finding,
        }
        frames = {name: table(name, make()) for name, make in build.items()}
        return LadderAnalysis(self.info.ladder_id, frames, decision)

    # What the verdict rests on ---------------------------------------------------------------------------------

    @property
    def _has_items(self) -> bool:
        return self.ladder.n_items > 0

    def _lengths(self) -> Floats:
        values = self.ladder.values(self._length_column)
        return np.zeros(0) if values is None or not self._has_items else values[0]

    def _choose_smooth_metric(self) -> str | None:
        if not self._has_items:
            return None
        if self.tokens is not None and self.tokens.log_probabilities is not None:
            return LOG_LIKELIHOOD
        if self._lengths().max() > 1:
            return f"per_token_accuracy_{self.options.tokenization}"
        return EXPECTED if self.ladder.values(EXPECTED) is not None else None

    def _token_data(self) -> TokenData | None:
        """What is known of single characters, for the versions of the procedure that take it."""
        if not (self.options.reads_characters and self._has_items):
            return None
        return token_data(self.ladder.rows, len(self.ladder.runs), self.ladder.n_items)

    def _correct_tokens(self) -> Floats:
        """K, (runs, items). With several targets an item's length is that of its first run's nearest target."""
        accuracy = self.ladder.values(f"per_token_accuracy_{self.options.tokenization}")
        lengths = self._lengths()
        if accuracy is None:
            return self._exact_match() * lengths
        correct = np.rint(accuracy * lengths)
        # An output can be one edit from a long target and still round to all of it: only exact match means all.
        return np.where(self._exact_match() == 1, lengths, np.minimum(correct, lengths - 1))

    def _exact_match(self) -> Floats:
        values = self.ladder.values(EXACT_MATCH)
        return np.zeros((len(self.ladder.runs), 0)) if values is None else values

    def _decide(self) -> Decision:
        if not self._has_items:
            return undecidable(
                f"no item was answered by all {len(self.ladder.runs)} runs of the ladder",
                "outputs of every run on the same items",
            )
        return decide(
            self.ladder.x,
            self._correct_tokens(),
            self._lengths(),
            self._exact_match(),
            score=self.ladder.values(EXPECTED) if self.smooth_metric == EXPECTED else None,
            chance=self.info.chance,
            cluster=self.ladder.cluster,
            tokens=self.tokens,
            constants=self.options.constants,
        )

    def _all_curves(self) -> dict[str, Curve]:
        if not self._has_items:
            return {}
        found = {}
        for metric in _curve_metrics(self.ladder.rows.columns):
            sums = self.ladder.sums(metric.name)
            if sums is not None:
                found[metric.name] = curve(*sums, self.ladder.scale_index, Limits(metric.low, metric.high))
        return found

    def _floors(self, metric: str) -> Floats:
        """(runs,) floor of the metric for each run; NaN where there is none."""
        if metric not in self._known_floors:
            self._known_floors[metric] = self._read_floors(f"floor:{metric}")
        return self._known_floors[metric]

    def _read_floors(self, column: str) -> Floats:
        if column not in self.ladder.rows.columns or not self._has_items:
            return np.full(len(self.ladder.runs), np.nan)
        first = self.ladder.rows[column].gather_every(self.ladder.n_items)
        return first.cast(pl.Float64).fill_null(np.nan).to_numpy()

    def _by_scale(self, per_run: Floats) -> list[float | None]:
        """Means of a per-run value by scale; None where no run has one."""
        result: list[float | None] = []
        for index in range(len(self.ladder.scales)):
            values = per_run[self.ladder.scale_index == index]
            values = values[np.isfinite(values)]
            result.append(float(values.mean()) if len(values) else None)
        return result

    # Result tables ---------------------------------------------------------------------------------------------

    def _rows_ladder(self) -> list[dict[str, object]]:
        return [
            asdict(self.info)
            | {
                "n_scales": len(self.ladder.scales),
                "n_runs": len(self.ladder.runs),
                "n_items": self.ladder.n_items,
                "n_items_dropped": self.ladder.n_items_dropped,
                "tokenization": self.options.tokenization,
                "discontinuous_metric": EXACT_MATCH,
                "smooth_metric": self.smooth_metric,
                "analysed_at": self.now,
            }
        ]

    def _rows_ladder_run(self) -> list[dict[str, object]]:
        return [{"ladder_id": self.info.ladder_id, **asdict(run)} for run in self.ladder.runs]

    def _rows_curve(self) -> list[dict[str, object]]:
        rows: list[dict[str, object]] = []
        for name, found in self.curves.items():
            floors = self._by_scale(self._floors(name))
            for index, scale in enumerate(self.ladder.scales):
                several = int(found.n_runs[index]) > 1
                rows.append(
                    self._at_scale(index, scale)
                    | {
                        "metric": name,
                        "value": float(found.value[index]),
                        "se": float(found.se[index]),
                        "low": float(found.low[index]),
                        "high": float(found.high[index]),
                        "n_items": self.ladder.n_items,
                        "n_runs": int(found.n_runs[index]),
                        "floor": floors[index],
                        "method": "items and runs, moderated t" if several else "items only, t",
                    }
                )
        return rows

    def _rows_curve_run(self) -> list[dict[str, object]]:
        rows: list[dict[str, object]] = []
        for name, found in self.curves.items():
            floors = self._floors(name)
            for row, run in enumerate(self.ladder.runs):
                rows.append(
                    self._at_scale(run.scale_index, run.scale)
                    | {
                        "metric": name,
                        "run_id": run.run_id,
                        "seed": run.seed,
                        "value": float(found.run_value[row]),
                        "se": float(found.run_se[row]),
                        "low": float(found.run_low[row]),
                        "high": float(found.run_high[row]),
                        "n_items": self.ladder.n_items,
                        "floor": _none_if_nan(floors[row]),
                    }
                )
        return rows

    def _rows_change(self) -> list[dict[str, object]]:
        return [
            self._at_gap(gap)
            | {
                "metric": name,
                "change": float(found.change[gap]),
                "low": float(found.change_low[gap]),
                "high": float(found.change_high[gap]),
            }
            for name, found in self.curves.items()
            for gap in range(len(self.ladder.scales) - 1)
        ]

    def _rows_description(self) -> list[dict[str, object]]:
        if len(self.ladder.scales) < 2 or not self.curves:
            return []
        exact = self.ladder.sums(EXACT_MATCH)
        if exact is None:
            return []
        sizes = exact[1]
        draws = draw_resamples(
            self.ladder.scale_index, self.ladder.seed_codes, len(sizes), self.options.resamples, self.options.seed
        )
        sums = {name: found for name in self.curves if (found := self.ladder.sums(name)) is not None}
        resampled = resampled_curves([found[0] for found in sums.values()], sizes, draws)
        rows: list[dict[str, object]] = []
        for name, curves in zip(sums, resampled, strict=True):
            metric = find(name)
            sign = 1.0 if metric.higher_is_better else -1.0
            mean = self.curves[name].value
            shape = describe(mean, curves, n_items=self.ladder.n_items, unit=metric.unit, sign=sign)
            row: dict[str, object] = {
                "ladder_id": self.info.ladder_id,
                "metric": name,
                "rise": shape.rise,
                "sharpest_gap": shape.sharpest_gap,
                "resamples": self.options.resamples,
                "seed": self.options.seed,
                "reason": shape.reason,
            }
            estimates = {
                "sharpness": shape.sharpness,
                "emergence_score": shape.emergence_score,
                "linearity": shape.linearity,
                "breakthroughness": shape.emergence_score,
            }
            for label, estimate in estimates.items():
                row |= {label: estimate.value, f"{label}_low": estimate.low, f"{label}_high": estimate.high}
            rows.append(row)
        return rows

    def _rows_jump(self, decision: Decision) -> list[dict[str, object]]:
        return [
            self._at_gap(jump.gap_index)
            | {"low": jump.low, "median": jump.median, "high": jump.high, "admissible": jump.admissible}
            for jump in decision.jumps
        ]

    def _rows_compounding(self, decision: Decision) -> list[dict[str, object]]:
        expected = self.curves.get(EXPECTED)
        rows: list[dict[str, object]] = []
        for row, (run, found) in enumerate(zip(self.ladder.runs, decision.compounding, strict=False)):
            rows.append(
                self._at_scale(run.scale_index, run.scale)
                | asdict(found)
                | {
                    "run_id": run.run_id,
                    "seed": run.seed,
                    "expected_exact_match": None if expected is None else float(expected.run_value[row]),
                }
            )
        return rows

    def _rows_compounding_length(self) -> list[dict[str, object]]:
        if not self._has_items or self._lengths().max() <= 1:
            return []
        found = by_length(
            self._correct_tokens(),
            self._lengths(),
            self._exact_match(),
            self.ladder.values(EXPECTED),
            self.ladder.scale_index,
        )
        return [self._at_scale(cell.scale_index, self.ladder.scales[cell.scale_index]) | asdict(cell) for cell in found]

    def _rows_resolution(self, decision: Decision) -> list[dict[str, object]]:
        if not self._has_items:
            return []
        exact = self._exact_match()
        predicted, route = self._expected_exact_match(decision)
        rows: list[dict[str, object]] = []
        for index, scale in enumerate(self.ladder.scales):
            members = self.ladder.scale_index == index
            successes, trials = int(exact[members].sum()), int(exact[members].size)
            found = resolution(successes, trials, predicted[index])
            rows.append(
                self._at_scale(index, scale)
                | {
                    "n_items": self.ladder.n_items,
                    "n_successes": successes,
                    "n_trials": trials,
                    "upper": found.upper,
                    "expected_exact_match": predicted[index],
                    "n_needed": found.n_needed,
                    "route": route if predicted[index] is not None else None,
                }
            )
        return rows

    def _expected_exact_match(self, decision: Decision) -> tuple[list[float | None], str]:
        """Exact match expected at each scale, and by which route."""
        if EXPECTED in self.curves:
            return [float(v) for v in self.curves[EXPECTED].value], "log_likelihood"
        if decision.compounding:
            middle = np.array([(c.constant_low + c.constant_high) / 2 for c in decision.compounding], float)
            return self._by_scale(middle), "compounding"
        return [None] * len(self.ladder.scales), "none"

    def _rows_forecast(self) -> list[dict[str, object]]:
        if len(self.ladder.scales) < 4 or not self._has_items:
            return []
        points = forecast_all_cuts(
            self.ladder.x,
            self._correct_tokens(),
            self._lengths(),
            self._exact_match(),
            score=self.ladder.values(EXPECTED) if self.smooth_metric == EXPECTED else None,
            cluster=self.ladder.cluster,
            seed=self.options.seed,
            constants=self.options.constants,
        )
        return [self._at_scale(p.scale_index, self.ladder.scales[p.scale_index]) | asdict(p) for p in points]

    def _row_verdict(self, decision: Decision) -> dict[str, object]:
        gap = decision.gap_index
        values = {
            key: value for key, value in vars(decision).items() if key not in ("jumps", "compounding", "evidence")
        }
        return (
            {"ladder_id": self.info.ladder_id}
            | values
            | {
                "scale_low": None if gap is None else self.ladder.scales[gap],
                "scale_high": None if gap is None else self.ladder.scales[gap + 1],
                "break_tail_adjusted": None,
                "constants": json.dumps(asdict(self.options.constants), sort_keys=True),
                "evidence": json.dumps(decision.evidence, sort_keys=True),
                "method_version": self.options.constants.method,
                "decided_at": self.now,
            }
        )

    def _rows_finding(self) -> list[dict[str, object]]:
        if not self.ladder.n_items_dropped:
            return []
        lacking = self.ladder.missing_items()
        names = "; ".join(f"{run_id} lacks {n}" for run_id, n in lacking[:3])
        more = f" and {len(lacking) - 3} more runs" if len(lacking) > 3 else ""
        detail = f" ({names}{more})" if lacking else " (a score they need is missing)"
        total = self.ladder.n_items + self.ladder.n_items_dropped
        return [
            {
                "stage": "analyze",
                "severity": "warning",
                "kind": "items_not_paired",
                "ladder_id": self.info.ladder_id,
                "reason": f"{self.ladder.n_items_dropped} of {total} items were not answered by every run{detail}",
                "action": f"left out of this ladder; the other {self.ladder.n_items} items were used",
                "found_at": self.now,
            }
        ]

    def _at_scale(self, index: int, scale: float) -> dict[str, object]:
        return {"ladder_id": self.info.ladder_id, "scale_index": index, "scale": scale}

    def _at_gap(self, gap: int) -> dict[str, object]:
        return {
            "ladder_id": self.info.ladder_id,
            "gap_index": gap,
            "scale_low": self.ladder.scales[gap],
            "scale_high": self.ladder.scales[gap + 1],
        }


def _curve_metrics(columns: list[str]) -> list[Metric]:
    """The metrics among the columns, derived ones included; counts have no curve."""
    named = [find(name) for name in columns if name in METRICS or "__" in name]
    return [metric for metric in named if metric.kind != "count"]


def _none_if_nan(value: float) -> float | None:
    return None if np.isnan(value) else float(value)


__all__ = ["AnalysisOptions", "LadderAnalysis", "LadderInfo", "analyze_ladder"]
