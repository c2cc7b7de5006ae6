"""Extraction: what of an output counts as the answer, as a named and versioned step before any metric of text.

An output in which nothing is found is an answer that is wrong, not one that is missing: it becomes the empty text.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from metrics.normalize import squad_normalized
from metrics.registry import NAME, MetricError

Change = Callable[[pl.Expr], pl.Expr]


@dataclass(frozen=True)
class Extraction:
    """A way to read the answer out of an output.

    Attributes:
        name: Name, as in ``exact_match__letter``.
        label: Name for people.
        version: Raised when the definition changes.
        definition: One sentence for people.
        source: Whose rule it is.
        output: From the column read to the answer; NULL where nothing is found.
        target: The same for a target; a target in which nothing is found is none, so that nothing found in both is
            not taken for equal. None: targets stay as they are.
        column: Column of ``sample`` it reads; where that is NULL there is no answer and no score.
        examples: Pairs of output and target in which the answer found is the target.
    """

    name: str
    label: str
    version: int
    definition: str
    source: str
    output: Change
    target: Change | None = None
    column: str = "output"
    examples: tuple[tuple[str, str], ...] = ()

    def apply(self, samples: pl.DataFrame) -> pl.DataFrame:
        """Samples with the answer in ``output`` and, where the rule touches them, changed ``targets``."""
        source = pl.col(self.column)
        answer = pl.when(source.is_not_null()).then(self.output(source).fill_null(""))
        changed = samples.with_columns(answer.alias("output"))
        if self.target is None:
            return changed
        found = pl.col("targets").list.drop_nulls().list.eval(self.target(pl.element())).list.drop_nulls()
        return changed.with_columns(found)


EXTRACTIONS: dict[str, Extraction] = {}


def declare_extraction(declared: Extraction) -> None:
    """Enter an extraction in the catalogue.

    Raises:
        MetricError: The name is taken or is not lower-case snake case.
    """
    if not NAME.fullmatch(declared.name) or "__" in declared.name:
        raise MetricError(f"extraction name {declared.name!r}: use lower-case letters, digits and single underscores")
    if declared.name in EXTRACTIONS:
        raise MetricError(f"extraction {declared.name!r} is declared twice; give one of the two another name")
    EXTRACTIONS[declared.name] = declared


def extract(samples: pl.DataFrame, name: str) -> pl.DataFrame:
    """Samples with ``output`` replaced by the answer that the named extraction finds in it.

    Raises:
        MetricError: The extraction does not exist, or a column it reads is absent.
    """
    if name not in EXTRACTIONS:
        raise MetricError(f"extraction {name!r} does not exist; choose from {', '.join(sorted(EXTRACTIONS))}")
    declared = EXTRACTIONS[name]
    for column in (declared.column, "targets"):
        if column not in samples.columns:
            raise MetricError(f"extraction {name!r} reads column {column!r}, which these samples lack")
    return declared.apply(samples)


_NUMBER_IN_TEXT = r"[-\u2212]?[$€£]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|[-\u2212]?[$€£]?\.\d+"
# a letter said to be the answer; then one in brackets; then one that opens the output; then one alone at its end
_LETTER_RULES = (
    r"(?i:answer|option|choice)(?i:\s+is)?\s*:?\s*\**\(?([A-Z])\b",
    r"\(([A-Z])\)",
    r"^\s*\**([A-Z])(?:[\s.):,*]|$)",
    r"(?:^|\s)([A-Z])\W*$",
)


def _plain_number(text: pl.Expr) -> pl.Expr:
    """Digits only: no currency sign, no commas, an ASCII minus, no zeros after the decimal point's last digit."""
    bare = text.str.replace_all(r"[$€£,]", "").str.replace("\u2212", "-", literal=True)
    return bare.str.replace(r"(\.\d*?)0+$", "${1}").str.strip_suffix(".")


def _last_number(text: pl.Expr) -> pl.Expr:
    return _plain_number(text.str.extract_all(_NUMBER_IN_TEXT).list.last())


def _after_hashes(text: pl.Expr) -> pl.Expr:
    found = text.str.extract(r"#### (-?[0-9.,]+)")
    return pl.when(found.str.contains(r"\d")).then(_plain_number(found.str.strip_suffix(".")))


def _not_empty(text: pl.Expr) -> pl.Expr:
    return pl.when(text != "").then(text)


def _letter(text: pl.Expr) -> pl.Expr:
    return pl.coalesce(*(text.str.extract(rule) for rule in _LETTER_RULES))


def _json_answer(text: pl.Expr) -> pl.Expr:
    return text.map_elements(json_answer, return_dtype=pl.String, skip_nulls=True)


def json_answer(text: str) -> str | None:
    """Value of ``answer`` in the last JSON object of the text that has one; None where there is none.

    Text as it stands; numbers, booleans, lists and objects as JSON.
    """
    decoder = json.JSONDecoder()
    found = None
    start = text.find("{")
    while start != -1:
        try:
            value, stop = decoder.raw_decode(text, start)
        except (ValueError, RecursionError):
            stop = start + 1
        else:
            if "answer" in value:
                found = value["answer"]
        start = text.find("{", stop)
    if found is None:
        return None
    return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)


for _declared in (
    Extraction(
        name="raw",
        label="raw",
        version=1,
        definition="the output as it is",
        source="no rule",
        output=lambda text: text,
    ),
    Extraction(
        name="stripped",
        label="stripped",
        version=1,
        definition="output and targets without white space around them",
        source="the common default",
        output=lambda text: text.str.strip_chars(),
        target=lambda text: text.str.strip_chars(),
    ),
    Extraction(
        name="strict",
        label="strict",
        version=1,
        definition="the number after the first `#### `, without currency sign and commas; targets are read likewise",
        source="`strict-match` of GSM8K in lm-evaluation-harness; Cobbe et al. 2021, arXiv:2110.14168",
        output=_after_hashes,
        examples=(("3 + 4 = 7\n#### 7", "7"), ("#### 1,200.00.", "so 1200\n#### 1,200")),
        target=lambda text: pl.coalesce(_after_hashes(text), _last_number(text)),
    ),
    Extraction(
        name="flexible_number",
        label="last number",
        version=1,
        definition="the last number in the output, without currency sign and commas; targets are read likewise",
        source="`flexible-extract` of GSM8K in lm-evaluation-harness",
        output=_last_number,
        examples=(("3 + 4 = $7.00", "7"), ("it is -1,200.", "-1200")),
        target=_last_number,
    ),
    Extraction(
        name="letter",
        label="letter",
        version=1,
        definition="the capital letter called the answer, else in brackets, else first in the output, else alone last",
        source="the rules of MMLU-Pro and simple-evals, from the strictest to the loosest",
        output=_letter,
        examples=(("The answer is (B).", "B"), ("(C) since A is wrong", "(C)")),
        target=lambda text: _not_empty(text.str.strip_chars(" ().")),
    ),
    Extraction(
        name="json_answer",
        label="JSON answer",
        version=1,
        definition="the value of `answer` in the last JSON object of the output that has one",
        source="structured outputs",
        output=_json_answer,
        target=_not_empty,
        examples=(('{"answer": "blue"}', "blue"), ('so: {"why": "x", "answer": 7}.', "7")),
    ),
    Extraction(
        name="squad_normalized",
        label="SQuAD",
        version=1,
        definition="output and targets in lower case, without punctuation, articles and extra spaces",
        source="Rajpurkar et al. 2016, arXiv:1606.05250, section 6.1",
        output=squad_normalized,
        target=squad_normalized,
    ),
    Extraction(
        name="logged",
        label="as logged",
        version=1,
        definition="what the log itself took as the answer",
        source="the log",
        output=lambda text: text,
        column="extracted",
    ),
):
    declare_extraction(_declared)
