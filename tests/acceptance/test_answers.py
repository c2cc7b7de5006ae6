"""Published scores of real models come out again once the answer is read as the source reads it."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from metrics.scores import score_samples


def exact_match(shared_data: Path, task: str, rule: str) -> pl.DataFrame:
    """Published and our share of right answers, and that of the raw output, one row a model."""
    folder = shared_data / "zeroeval"
    rows = pl.read_parquet(folder / f"{task}.parquet").with_columns(
        targets=pl.concat_list("target"), run_id="model", item_id="example_id", repeat=pl.lit(0)
    )
    names = ["exact_match", f"exact_match__{rule}"]
    scored = score_samples(rows, names).frame.select(names).with_columns(rows["model"])
    ours = scored.group_by("model").agg(raw=pl.col(names[0]).mean(), ours=pl.col(names[1]).mean())
    published = pl.read_parquet(folder / "published_scores.parquet").filter(pl.col("task") == task)
    ours = ours.with_columns(pl.col("model").str.strip_suffix("@together"))
    return ours.join(published.select("model", published=pl.col("published_acc") / 100), on="model")


def test_cruxeval_within_two_thousandths(shared_data: Path) -> None:
    both = exact_match(shared_data, "crux", "json_unquoted")
    assert both.height == 16
    assert (both["published"] - both["ours"]).abs().max() <= 0.002  # type: ignore[operator]


def test_gsm8k_within_a_quarter_of_a_point(shared_data: Path) -> None:
    both = exact_match(shared_data, "gsm", "json_number")
    assert both.height == 12
    assert (both["published"] - both["ours"]).abs().max() <= 0.0025  # type: ignore[operator]


def test_raw_replies_are_never_right_which_is_an_artefact_of_format(shared_data: Path) -> None:
    both = exact_match(shared_data, "gsm", "json_number")
    assert both["raw"].max() == 0.0
    assert both["ours"].min() > 0.5  # type: ignore[operator]


@pytest.mark.parametrize(
    ("model", "wrong", "chance"),
    [
        ("Llama-2-7b", 18.34, 20.13),
        ("Llama-2-13b", 23.52, 25.30),
        ("Llama-2-70b", 36.29, 37.57),
        ("Llama-3-70B", 52.01, 52.73),
    ],
)
def test_mmlu_pro_without_an_answer_as_wrong_and_as_chance(
    shared_data: Path, model: str, wrong: float, chance: float
) -> None:
    rows = pl.read_parquet(shared_data / "mmlu-pro-ladders" / "predictions.parquet")
    name = pl.col("model").str.to_lowercase()
    (found,) = [one for one in rows["model"].unique() if one.lower().removesuffix("-hf").endswith(model.lower())][:1]
    rows = rows.filter(name == found.lower()).with_columns(
        extracted="pred", output=pl.lit(""), targets=pl.concat_list("answer"), run_id="model",
        item_id=pl.col("question_id").cast(pl.String), repeat=pl.lit(0),
    )  # fmt: skip
    assert rows.height == 12_032
    logged = score_samples(rows, ["exact_match__logged"]).frame["exact_match__logged"]
    # an answer that the log did not find is no score, so that both readings of it can be had
    assert logged.null_count() == rows["pred"].null_count()
    guess = 1 / rows["n_options"]
    assert 100 * logged.fill_null(0.0).mean() == pytest.approx(wrong, abs=0.005)  # type: ignore[operator]
    filled = logged.is_null().cast(pl.Float64) * guess + logged.fill_null(0.0)
    assert 100 * filled.mean() == pytest.approx(chance, abs=0.005)  # type: ignore[operator]
