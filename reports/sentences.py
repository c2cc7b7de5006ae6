"""What a ladder page says in words: headline, lede, what it cannot tell. Every number is from the warehouse."""

from __future__ import annotations

from dataclasses import dataclass

from reports import numbers
from reports.data import LadderData
from reports.queries import Row
from reports.rulers import RULER

MOST_LIMITS = 5

_NON_MONOTONE = {
    "u_shaped": "{title} gets worse before it gets better.",
    "inverted_u": "{title} gets better, then worse.",
    "inverse": "{title} gets worse with scale.",
    "exact_match_falls": "{title} loses exact answers on the way up.",
}

_LOTTERIES = {
    "timing": "{title}: at which point a training run finds it is a matter of its seed.",
    "outcome": "{title}: whether a training run finds it is a matter of its seed.",
}

_HEADLINES = {
    "mirage": "{title} looks like a jump only under exact match.",
    "smooth": "{title} rises gradually under every metric tried.",
    "smooth_in_logit": "{title} rises gradually under exact match, the only metric there is.",
    "structure_change": "{title}: errors regroup between answers, and exact match moves with them.",
    "seed_lottery": "{title}: at one scale, some training runs have it and others do not.",
    "flat": "{title} does not rise over these sizes.",
    "saturated": "{title} is solved at every size measured.",
    "resolution_limited": "{title} improves, but this test is too small to see exact answers begin.",
    "undetermined": "{title}: these outputs do not settle what kind of rise it is.",
}


@dataclass(frozen=True)
class Span:
    """A piece of a sentence; ``kind`` colours a number in its metric's colour (cliff, slope) or is empty."""

    text: str
    kind: str = ""


def headline(ladder: LadderData) -> str:
    """One sentence a verdict, never hedged: the hedge is the evidence beside it."""
    overview = ladder.overview
    verdict, title = overview["verdict"], ladder.title
    if verdict == "genuine_break" and overview["scale_low"] is not None:
        low, high = (ladder.axis.text(overview[name]) for name in ("scale_low", "scale_high"))
        return f"{title} breaks between {low} and {high} {ladder.axis.unit}, whichever metric scores it."
    if verdict == "non_monotone":
        return _NON_MONOTONE.get(overview["kind"], "{title} does not rise steadily.").format(title=title)
    if verdict == "seed_lottery":
        return _LOTTERIES.get(overview["kind"], _HEADLINES[verdict]).format(title=title)
    if verdict == "undetermined" and overview["n_scales"] < ladder.constants.get("least_scales", 0):
        return f"{title}: {numbers.plural(overview['n_scales'], 'point')} cannot tell a break from an artifact."
    return _HEADLINES.get(verdict, "{title} has not been judged.").format(title=title)


def lede(ladder: LadderData) -> list[Span]:
    """The two decisive numbers, in the colours of their metrics."""
    exact = ladder.row("metric_description", metric=ladder.metrics["em"])
    similar = ladder.row("metric_description", metric=ladder.metrics["es"])
    if exact is None:
        return [Span("No curve could be drawn: " + (ladder.missing(RULER["em"]) or ladder.overview["reason"]) + ".")]
    if exact["sharpness"] is None:
        return _without_rise(ladder, exact, similar)
    low, high = (ladder.axis.text(exact[name]) for name in ("sharpest_scale_low", "sharpest_scale_high"))
    spans = [
        Span(f"One gap, {low} to {high} {ladder.axis.unit}, holds "),
        Span(numbers.share(exact["sharpness"]), "cliff"),
        Span(" of the whole rise under exact match."),
        *_made_by_few(ladder),
    ]
    if similar is not None and similar["sharpness"] is not None:
        spans += [
            Span(" Under edit similarity, on the same outputs, the sharpest gap holds "),
            Span(numbers.share(similar["sharpness"]), "slope"),
            Span(f"; a straight line would put {numbers.share(1 / (len(ladder.scales) - 1))} in each."),
        ]
    gap = ladder.overview["gap_index"]
    if ladder.overview["verdict"] == "genuine_break" and gap not in (None, exact["sharpest_gap"]):
        spans.append(Span(f" The break is placed where token accuracy jumps, in {ladder.gap_label(gap)}."))
    return spans


def _made_by_few(ladder: LadderData) -> list[Span]:
    """That a mean's rise rests on some of the training runs, where it does."""
    found = ladder.row("risers", metric=ladder.metrics["em"])
    if found is None or found["n_made"] == found["n_runs"]:
        return []
    where = ladder.scales[found["sharpest_gap"] + 1].label
    made, runs = found["n_made"], found["n_runs"]
    verb, reach = ("makes", "reaches") if made == 1 else ("make", "reach at least")
    rest = "the other stays" if runs - made == 1 else "the others stay"
    return [
        Span(f" That is a mean: {made} of {runs} training runs at {where} {verb} it and {reach} "),
        Span(numbers.share(found["least_made"]), "cliff"),
        Span(f"; {rest} at "),
        Span(numbers.share(found["most_others"]), "cliff"),
        Span("." if runs - made == 1 else " or less."),
    ]


def made_by(ladder: LadderData, metric: str) -> str | None:
    """How many training runs make a metric's sharpest gap, where not all do; None: all do, or there is no rise."""
    found = ladder.row("risers", metric=metric)
    if found is None or found["n_made"] == found["n_runs"]:
        return None
    return f"made by {found['n_made']} of {found['n_runs']} runs"


def _without_rise(ladder: LadderData, exact: Row, similar: Row | None) -> list[Span]:
    rise = ladder.overview["exact_match_rise"]
    spans = [Span("Exact match rises by "), Span(numbers.points(rise or 0.0), "cliff"), Span(" at most")]
    if similar is not None and similar["rise"] is not None:
        verb = "rises" if similar["rise"] >= 0 else "falls"
        spans += [
            Span(f"; edit similarity, on the same outputs, {verb} by "),
            Span(numbers.points(similar["rise"]), "slope"),
        ]
    spans.append(Span("."))
    if ladder.overview["chance"]:
        spans.append(Span(f" Guessing would score {numbers.share(ladder.overview['chance'])}."))
    return spans


def limits(ladder: LadderData) -> list[str]:
    """What this ladder cannot tell: at most five lines, each from the data."""
    lines = (
        _too_few_seeds(ladder),
        _inside_of_gap(ladder),
        _moving_gap(ladder),
        _nothing_seen(ladder),
        _no_probabilities(ladder),
        _confounds(ladder),
        _left_out(ladder),
    )
    return [line for line in lines if line][:MOST_LIMITS]


def _too_few_seeds(ladder: LadderData) -> str | None:
    single = [scale.label for scale in ladder.scales if scale.n_runs == 1]
    if not single:
        return None
    where = ", ".join(single) if len(single) < 4 else f"{len(single)} of {len(ladder.scales)} points"
    runs = "one training run" if len(single) == 1 else "one training run each"
    return f"How much luck there is at {where}: {runs}, so intervals there cover test items only."


def _inside_of_gap(ladder: LadderData) -> str | None:
    gap = None if ladder.overview["verdict"] == "seed_lottery" else ladder.overview["gap_index"]
    if gap is None:
        gap = ladder.overview["exact_match_sharpest_gap"]
    if gap is None:
        return None
    low, high = ladder.scales[gap].value, ladder.scales[gap + 1].value
    factor = max(low, high) / min(low, high)
    inside = f"{ladder.gap_label(gap)} ({numbers.TIMES}{factor:.2g})"
    return f"What happens inside {inside}: no point was measured between them."


def _moving_gap(ladder: LadderData) -> str | None:
    found = ladder.row("seed_gaps")
    if found is None or found["n_gaps"] < 2:
        return None
    first, last = ladder.scales[found["first_gap"]].label, ladder.scales[found["last_gap"] + 1].label
    seeds = numbers.plural(found["n_seeds"], "seed")
    return f"Which gap exact match rises in: over {seeds} it moves between {first} and {last}."


def _nothing_seen(ladder: LadderData) -> str | None:
    rows = [row for row in ladder.rows("resolution_by_scale") if row["nothing_seen"]]
    if not rows:
        return None
    names = [ladder.scales[row["scale_index"]].label for row in rows]
    shown = ", ".join(names[:4]) + (f" and {len(names) - 4} more" if len(names) > 4 else "")
    upper = max(row["upper"] for row in rows)
    scored = f"{numbers.plural(len(rows), 'point')} scored no hit at all ({shown})"
    return f"Exact match below {numbers.share(upper)}: {scored}; it may be anything up to that."


def _no_probabilities(ladder: LadderData) -> str | None:
    why = ladder.missing(RULER["ll"])
    return f"How likely the target was where the answer is wrong: {why}." if why else None


def _confounds(ladder: LadderData) -> str | None:
    tokens = [scale.axes["train_tokens"] for scale in ladder.scales]
    sizes = [scale.axes["n_params"] for scale in ladder.scales]
    if any(value is None for value in (*tokens, *sizes)):
        return None
    if ladder.axis.name == "train_tokens" and len(set(sizes)) == 1:
        return f"Whether another model size behaves like this one ({numbers.size(sizes[0] or 0)} parameters)."
    low, high = min(v or 0 for v in tokens), max(v or 0 for v in tokens)
    if ladder.axis.name.startswith("n_params") and high <= low * 1.02:
        return f"Whether longer training would move it: every size saw about {numbers.size(high)} training tokens."
    if len(set(sizes)) > 1 and high > low * 1.02:
        return "Whether size or training data makes the difference: both change along this ladder."
    return None


def _left_out(ladder: LadderData) -> str | None:
    dropped = ladder.overview["n_items_dropped"]
    if not dropped:
        return None
    return f"Anything about {numbers.plural(dropped, 'item')} that not every run answered: left out of every curve."
