"""The columns of every result table of a ladder, as Polars schemas; the warehouse's tables have the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

_TEXT, _REAL, _INT, _LONG, _YES = pl.String(), pl.Float64(), pl.Int32(), pl.Int64(), pl.Boolean()
_TIME = pl.Datetime("us")


def _columns(text: str) -> dict[str, pl.DataType]:
    """Read ``name:type`` pairs separated by white space."""
    types = {"text": _TEXT, "real": _REAL, "int": _INT, "long": _LONG, "yes": _YES, "time": _TIME}
    return {name: types[kind] for name, kind in (pair.split(":") for pair in text.split())}


TABLES: dict[str, dict[str, pl.DataType]] = {
    "ladder": _columns(
        "ladder_id:text family:text task_id:text task_title:text axis:text n_shots:int prompting:text filter:text "
        "n_scales:int n_runs:int n_items:long n_items_dropped:long tokenization:text discontinuous_metric:text "
        "smooth_metric:text chance:real input_hash:text analysed_at:time"
    ),
    "ladder_run": _columns("ladder_id:text run_id:text model_id:text seed:int scale_index:int scale:real"),
    "curve": _columns(
        "ladder_id:text metric:text scale_index:int scale:real value:real se:real low:real high:real n_items:long "
        "n_runs:int floor:real method:text"
    ),
    "curve_run": _columns(
        "ladder_id:text metric:text run_id:text seed:int scale_index:int scale:real value:real se:real low:real "
        "high:real n_items:long floor:real"
    ),
    "description": _columns(
        "ladder_id:text metric:text rise:real sharpness:real sharpness_low:real sharpness_high:real sharpest_gap:int "
        "emergence_score:real emergence_score_low:real emergence_score_high:real "
        "linearity:real linearity_low:real linearity_high:real "
        "breakthroughness:real breakthroughness_low:real breakthroughness_high:real resamples:int seed:long reason:text"
    ),
    "change": _columns(
        "ladder_id:text metric:text gap_index:int scale_low:real scale_high:real change:real low:real high:real"
    ),
    "jump": _columns(
        "ladder_id:text gap_index:int scale_low:real scale_high:real low:real median:real high:real admissible:yes"
    ),
    "compounding": _columns(
        "ladder_id:text run_id:text seed:int scale_index:int scale:real observed:real token_accuracy:real "
        "independent:real own_low:real own_high:real constant_low:real constant_high:real own_miss:real "
        "constant_miss:real correlation:real answer_sd:real burst:real expected_exact_match:real"
    ),
    "compounding_length": _columns(
        "ladder_id:text scale_index:int scale:real length_low:int length_high:int n:long observed:real predicted:real "
        "expected_exact_match:real"
    ),
    "ladder_knob": _columns(
        "ladder_id:text knob:text setting:real metric:text n_items:long rise:real "
        "sharpness:real sharpness_low:real sharpness_high:real sharpest_gap:int "
        "emergence_score:real emergence_score_low:real emergence_score_high:real "
        "linearity:real linearity_low:real linearity_high:real resamples:int seed:long"
    ),
    "ladder_knob_curve": _columns(
        "ladder_id:text knob:text setting:real scale_index:int scale:real value:real low:real high:real"
    ),
    "resolution": _columns(
        "ladder_id:text scale_index:int scale:real n_items:long n_successes:long n_trials:long upper:real "
        "expected_exact_match:real n_needed:real route:text"
    ),
    "threshold": _columns("ladder_id:text metric:text level:text value:real scale:real low:real high:real reason:text"),
    "forecast": _columns(
        "ladder_id:text n_fitted:int route:text scale_index:int scale:real predicted:real low:real high:real "
        "observed:real reason:text"
    ),
    "verdict": _columns(
        "ladder_id:text verdict:text kind:text reason:text lean:text needed:text scope:text looks_emergent:yes "
        "gap_index:int scale_low:real scale_high:real jump_low:real jump_median:real jump_high:real "
        "largest_allowed_jump:real allowed_jump_limit:real smooth_rise:real exact_match_rise:real run_sd:real "
        "early_share:real own_miss:real constant_miss:real break_tail:real break_tail_adjusted:real constants:text "
        "evidence:text method_version:int decided_at:time"
    ),
    "finding": _columns(
        "stage:text severity:text kind:text uri:text line:long run_id:text ladder_id:text reason:text action:text "
        "found_at:time"
    ),
}


def table(name: str, rows: Sequence[Mapping[str, object]]) -> pl.DataFrame:
    """Rows as a frame of the named result table; a column no row has is NULL, a key that is no column is left out."""
    schema = TABLES[name]
    return pl.DataFrame([{column: row.get(column) for column in schema} for row in rows], schema=schema)
