"""The cell metrics: calibration, pooled Brier score, pass at k, and BLEU and chrF of a whole run."""

from __future__ import annotations

from functools import partial

import numpy as np
import polars as pl

from metrics.arrays import Floats, Ints
from metrics.batch import Batch
from metrics.catalogue.overlap import BLEU_ORDER, CHRF_BETA, best_chrf_counts, bleu_counts
from metrics.cells import CellMetric, Parts, declare_cell_metric
from metrics.choices import choice_table
from metrics.registry import find
from metrics.special import gammaln

CALIBRATION_BINS = 10
TRIES = (1, 2, 5, 10, 100)
NO_CHOICES = "not available: no sample of this run has comparable choices"
NO_TEXT = "not available: no sample of this run has an output and a target"
TEXT = ("output", "targets")


def expected_calibration_error(confidence: Floats, right: Floats, bins: int = CALIBRATION_BINS) -> float:
    """Mean distance between confidence and accuracy over bins of equal width, weighted by the answers in them.

    Args:
        confidence: (answers,) probability given to the answer chosen, (0, 1]; a bin includes its upper limit.
        right: (answers,) 1 where it was right.
        bins: How many.
    """
    gap = np.bincount(_bins(confidence, bins), confidence - right, minlength=bins)
    return float(np.abs(gap).sum() / len(confidence))


def _items(run: pl.DataFrame) -> Ints:
    codes: Ints = run["item_id"].rank("dense").cast(pl.Int64).to_numpy()
    return codes


def _bins(confidence: Floats, bins: int) -> Ints:
    return np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)


def _calibration(run: pl.DataFrame) -> Parts | str:
    table = choice_table(run)
    if not len(table.rows):
        return NO_CHOICES
    chosen = table.chosen(table.logprobs)
    confidence, right = table.probabilities[chosen], chosen == table.gold
    parts = np.zeros((len(table.rows), CALIBRATION_BINS + 1))
    parts[np.arange(len(parts)), _bins(confidence, CALIBRATION_BINS)] = confidence - right
    parts[:, -1] = 1.0
    return Parts(parts, _items(run)[table.rows], lambda sums: np.abs(sums[..., :-1]).sum(-1) / sums[..., -1])


def _pooled_brier(run: pl.DataFrame) -> Parts | str:
    table = choice_table(run)
    if not len(table.rows):
        return NO_CHOICES
    squares = np.add.reduceat(np.square(table.probabilities - table.is_gold), table.starts)
    return Parts(np.column_stack([squares, table.sizes]), _items(run)[table.rows], _ratio)


def _ratio(sums: Floats) -> Floats:
    shares: Floats = sums[..., 0] / sums[..., 1]
    return shares


def pass_at_k(n_tries: Floats, n_right: Floats, k: int) -> Floats:
    """Probability that k tries drawn without replacement from the n made hold a right one: 1 - C(n - c, k) / C(n, k).

    Args:
        n_tries: (items,) tries made, n.
        n_right: (items,) right ones among them, c.
        k: Tries allowed.

    Returns:
        (items,) unbiased estimates; NaN where fewer than k tries were made.
    """
    wrong = n_tries - n_right
    enough = wrong >= k
    with np.errstate(invalid="ignore"):
        log_ratio = (
            gammaln(np.where(enough, wrong, k) + 1)
            - gammaln(np.where(enough, wrong - k, 0) + 1)
            - gammaln(n_tries + 1)
            + gammaln(np.maximum(n_tries - k, 0) + 1)
        )
    estimate = np.where(enough, -np.expm1(np.minimum(log_ratio, 0.0)), 1.0)
    return np.where(n_tries >= k, estimate, np.nan)


def _pass_at(run: pl.DataFrame, k: int) -> Parts | str:
    rows = _texts(run)
    if rows.is_empty():
        return NO_TEXT
    scored = rows.select("item_id", right=find("exact_match").function(Batch(rows)))
    items = scored.group_by("item_id").agg(n=pl.len().cast(pl.Float64), c=pl.col("right").sum())
    estimates = pass_at_k(items["n"].to_numpy(), items["c"].to_numpy(), k)
    known = estimates[np.isfinite(estimates)]
    if not len(known):
        most = int(items["n"].max() or 0)  # type: ignore[arg-type]
        return f"not available: at most {most} outputs of an item in this run, {k} are needed"
    return Parts(np.column_stack([known, np.ones(len(known))]), np.arange(len(known)), _ratio)


def _texts(run: pl.DataFrame) -> pl.DataFrame:
    """Rows with an output and a target, NULL targets left out."""
    known = run.with_columns(pl.col("targets").list.drop_nulls(), item=pl.Series(_items(run)))
    return known.filter(pl.col("output").is_not_null() & (pl.col("targets").list.len() > 0))


def _corpus_bleu(run: pl.DataFrame) -> Parts | str:
    rows = _texts(run)
    if rows.is_empty():
        return NO_TEXT
    counts = []
    for output, targets in rows.select("output", "targets").iter_rows():
        common, total, n_words, nearest = bleu_counts(output, targets)
        counts.append([*common, *total, n_words, nearest])
    return Parts(np.array(counts, np.float64), rows["item"].to_numpy(), _bleu_of_counts)


def _bleu_of_counts(sums: Floats) -> Floats:
    """BLEU from sums (..., common and all grams by order, words, words of the nearest targets); orders weigh alike."""
    common, total = sums[..., :BLEU_ORDER], sums[..., BLEU_ORDER : 2 * BLEU_ORDER]
    n_words, nearest = sums[..., -2], sums[..., -1]
    # an order without a common gram counts half a gram, the next such one a quarter, and so on
    smoothed = np.where(common > 0, common, 0.5 ** np.cumsum(common == 0, -1))
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(smoothed / total).mean(-1)
        penalty = np.minimum(0.0, 1.0 - nearest / n_words)
        score = np.exp(penalty + logs)
    return np.where((total > 0).all(-1) & (common > 0).any(-1), np.minimum(score, 1.0), 0.0)


def _corpus_chrf(run: pl.DataFrame) -> Parts | str:
    rows = _texts(run)
    if rows.is_empty():
        return NO_TEXT
    texts = rows.select("output", "targets").iter_rows()
    counts = [[n for order in best_chrf_counts(output, targets) for n in order] for output, targets in texts]
    return Parts(np.array(counts, np.float64), rows["item"].to_numpy(), _chrf_of_counts)


def _chrf_of_counts(sums: Floats) -> Floats:
    """Score from sums (..., grams of output, of target and of both, order after order)."""
    ours, theirs, common = sums[..., 0::3], sums[..., 1::3], sums[..., 2::3]
    counted = (ours > 0) & (theirs > 0)
    orders = np.maximum(counted.sum(-1), 1)
    precision = np.divide(common, ours, out=np.zeros_like(common), where=counted).sum(-1) / orders
    recall = np.divide(common, theirs, out=np.zeros_like(common), where=counted).sum(-1) / orders
    factor = CHRF_BETA**2
    below = factor * precision + recall
    score: Floats = np.divide((1 + factor) * precision * recall, below, out=np.zeros_like(below), where=below > 0)
    return score


declare_cell_metric(
    CellMetric(
        name="expected_calibration_error",
        label="Expected calibration error",
        kind="smooth",
        unit="share",
        low=0,
        high=1,
        higher_is_better=False,
        needs=("choice_logprobs", "gold"),
        version=1,
        definition="distance between confidence in the chosen answer and accuracy in ten bins, weighted by answers",
        source="Guo et al. 2017, arXiv:1706.04599, section 2, bins of equal width",
        function=_calibration,
    )
)
declare_cell_metric(
    CellMetric(
        name="brier_score_big_bench_pooled",
        label="Brier score (BIG-bench, pooled)",
        kind="smooth",
        unit="squares",
        low=0,
        high=1,
        higher_is_better=False,
        needs=("choice_logprobs", "gold"),
        version=1,
        definition="mean over all choices of all samples of the squared distance between probability and right answer",
        source="`brier_score` of BIG-bench 1.0: samples with more choices weigh more",
        function=_pooled_brier,
    )
)
for _k in TRIES:
    declare_cell_metric(
        CellMetric(
            name=f"pass_at_{_k}",
            label=f"Pass at {_k}",
            kind="discontinuous",
            unit="share",
            low=0,
            high=1,
            higher_is_better=True,
            needs=TEXT,
            version=1,
            definition=f"probability that of {_k} outputs of an item one or more is an exact match, mean over items",
            source="Chen et al. 2021, arXiv:2107.03374, equation 1; items with fewer outputs are left out",
            function=partial(_pass_at, k=_k),
        )
    )
declare_cell_metric(
    CellMetric(
        name="bleu_corpus",
        label="BLEU of the run",
        kind="smooth",
        unit="share",
        low=0,
        high=1,
        higher_is_better=True,
        needs=TEXT,
        version=1,
        definition="precisions of runs of 1 to 4 words over all outputs, their geometric mean, times a length penalty",
        source="Papineni et al. 2002, ACL; as sacrebleu's corpus BLEU, tok:13a, smooth:exp, by 100",
        function=_corpus_bleu,
    )
)
declare_cell_metric(
    CellMetric(
        name="chrf_corpus",
        label="chrF of the run",
        kind="smooth",
        unit="share",
        low=0,
        high=1,
        higher_is_better=True,
        needs=TEXT,
        version=1,
        definition="F2 of the runs of 1 to 6 characters that outputs and targets have in common, counted over the run",
        source="Popovic 2015, WMT; as sacrebleu's corpus chrF2, nc:6, nw:0, space:no, by 100",
        function=_corpus_chrf,
    )
)
