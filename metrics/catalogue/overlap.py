"""N-grams in common: chrF and BLEU of one output against its targets, equal to sacrebleu's."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cache

import numpy as np
import polars as pl

from metrics.batch import Batch
from metrics.registry import metric

TEXT = ("output", "targets")
CHRF_ORDER = 6
CHRF_BETA = 2
BLEU_ORDER = 4


def _by_output(batch: Batch, score: Callable[[str, Sequence[str]], float]) -> pl.Series:
    rows = batch.samples.select("output", pl.col("targets").list.drop_nulls()).iter_rows()
    values = np.fromiter((score(output, targets) for output, targets in rows), np.float64, batch.samples.height)
    return pl.Series(np.clip(values, 0.0, 1.0))


@metric(
    "chrf",
    label="chrF",
    kind="smooth",
    unit="share",
    low=0,
    high=1,
    needs=TEXT,
    definition="F2 of the runs of 1 to 6 characters that output and target have in common, white space left out",
    source="Popovic 2015, WMT; as sacrebleu's chrF2, nc:6, nw:0, space:no, eff:yes, by 100",
    default=False,
)
def chrf(batch: Batch) -> pl.Series:
    """Best over the targets; 0 where output or target has no character."""
    return _by_output(batch, _best_chrf)


def _best_chrf(output: str, targets: Sequence[str]) -> float:
    return _chrf(best_chrf_counts(output, targets))


def best_chrf_counts(output: str, targets: Sequence[str]) -> list[tuple[int, int, int]]:
    """For each order the grams of output, of target and of both, against the target that gives the best score.

    An order that the target is too short for counts nothing of the output either.
    """
    grams = _character_grams(output)
    counts = []
    for target in targets:
        pairs = zip(grams, _character_grams(target), strict=True)
        counts.append(
            [(ours.total() if theirs else 0, theirs.total(), (ours & theirs).total()) for ours, theirs in pairs]
        )
    return max(counts, key=_chrf)


@cache
def _spaces() -> re.Pattern[str]:
    return re.compile(r"\s+")


def _character_grams(text: str) -> list[Counter[str]]:
    bare = _spaces().sub("", text)
    return [Counter(bare[start : start + n] for start in range(len(bare) - n + 1)) for n in range(1, CHRF_ORDER + 1)]


def _chrf(counts: Sequence[tuple[int, int, int]]) -> float:
    """Precision and recall averaged over the orders that both texts are long enough for, then combined."""
    precision = recall = 0.0
    orders = 0
    for n_ours, n_theirs, common in counts:
        if not (n_ours and n_theirs):
            continue
        precision += common / n_ours
        recall += common / n_theirs
        orders += 1
    if not precision + recall:
        return 0.0
    precision, recall = precision / orders, recall / orders
    factor = CHRF_BETA**2
    return (1 + factor) * precision * recall / (factor * precision + recall)


@metric(
    "bleu",
    label="BLEU",
    kind="smooth",
    unit="share",
    low=0,
    high=1,
    needs=TEXT,
    definition="geometric mean of the precisions of runs of 1 to 4 words, times a penalty for outputs too short",
    source="Papineni et al. 2002, ACL; as sacrebleu's BLEU of a sentence, tok:13a, smooth:exp, eff:yes, by 100",
    default=False,
)
def bleu(batch: Batch) -> pl.Series:
    """All targets together are the reference, as in the paper."""
    return _by_output(batch, _bleu)


# The tokenisation of mteval-v13a: punctuation and symbols stand alone, but not a full stop or comma inside a number.
_13A = (
    (re.compile(r"([{-~\[-` -&(-+:-@/])"), r" \1 "),
    (re.compile(r"([^0-9])([.,])"), r"\1 \2 "),
    (re.compile(r"([.,])([^0-9])"), r" \1 \2"),
    (re.compile(r"([0-9])(-)"), r"\1 \2 "),
)
_ENTITIES = (("&quot;", '"'), ("&amp;", "&"), ("&lt;", "<"), ("&gt;", ">"))


def words_13a(text: str) -> list[str]:
    """Words by the tokenisation of mteval-v13a."""
    text = text.rstrip().replace("<skipped>", "").replace("-\n", "").replace("\n", " ")
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    text = f" {text} "
    for pattern, replacement in _13A:
        text = pattern.sub(replacement, text)
    return text.split()


def _word_grams(words: list[str]) -> list[Counter[tuple[str, ...]]]:
    return [Counter(zip(*(words[k:] for k in range(n)), strict=False)) for n in range(1, BLEU_ORDER + 1)]


def bleu_counts(output: str, targets: Sequence[str]) -> tuple[list[int], list[int], int, int]:
    """Grams of both by order, grams of the output by order, words of the output, words of the target nearest to it."""
    words, references = words_13a(output), [words_13a(target) for target in targets]
    allowed: list[Counter[tuple[str, ...]]] = [Counter() for _ in range(BLEU_ORDER)]
    for reference in references:
        allowed = [most | grams for most, grams in zip(allowed, _word_grams(reference), strict=True)]
    common = [(ours & theirs).total() for ours, theirs in zip(_word_grams(words), allowed, strict=True)]
    total = [max(len(words) - order, 0) for order in range(BLEU_ORDER)]
    # of targets equally near in length the shorter one counts
    nearest = min((len(reference) for reference in references), key=lambda n: (abs(n - len(words)), n))
    return common, total, len(words), nearest


def _bleu(output: str, targets: Sequence[str]) -> float:
    all_common, all_total, n_words, nearest = bleu_counts(output, targets)
    logs = []
    halving = 1.0
    for common, total in zip(all_common, all_total, strict=True):
        if total == 0:
            break
        if common == 0:
            halving *= 2
        logs.append(math.log((common or 1 / halving) / total))
    if not logs or not all_common[0]:
        return 0.0
    penalty = min(0.0, 1 - nearest / n_words)
    return math.exp(penalty + sum(logs) / len(logs))
