from __future__ import annotations

import math
import random

import duckdb
import numpy as np
import polars as pl
import pytest

from metrics.compounding_length import longest_answer
from metrics.derived import correct_for_chance
from metrics.describe import breakthroughness, emergence_score, linearity
from metrics.intervals import wilson
from metrics.scores import score_samples
from warehouse.definitions import macros

ALPHABETS = (
    "ab",
    "0123456789 +-=",
    "aäößé ñ\u0301\u200d",
    "abc def\tgh\ni\u00a0j\u3000k\u0085l\u2028m\x1fn",
    "מה שלום العربية 12٣٤५६",
    "👨\u200d👩👧🏽🇩🇪 日本語のテキスト",
    "\x00\x01\x02\x7f\U0010ffff",
    "".join(map(chr, range(0x4E00, 0x4E00 + 300))),
)
FIXED = [
    ("", ""),
    ("", "größe"),
    ("größe", "grösse"),
    ("kitten", "sitting"),
    ("e\u0301", "é"),
    (" \n\t", "x"),
    ("a b", "ab"),
]


def text(rng: random.Random, alphabet: str, longest: int = 24) -> str:
    return "".join(rng.choices(alphabet, k=rng.randrange(longest)))


def pairs() -> list[tuple[str, str]]:
    rng = random.Random(20261123)
    found = list(FIXED)
    for alphabet in ALPHABETS:
        for _ in range(150):
            output = text(rng, alphabet)
            target = text(rng, alphabet) if rng.random() < 0.4 else edited(rng, output, alphabet)
            found.append((output, target))
    return found


def edited(rng: random.Random, given: str, alphabet: str) -> str:
    letters = list(given)
    for _ in range(rng.randrange(4)):
        place = rng.randrange(len(letters) + 1)
        letters[place : place + rng.randrange(2)] = rng.choices(alphabet, k=rng.randrange(2))
    return "".join(letters)


def scored(samples: list[tuple[str, list[str]]]) -> pl.DataFrame:
    frame = pl.DataFrame(
        {
            "run_id": ["r"] * len(samples),
            "item_id": [f"{i:05}" for i in range(len(samples))],
            "repeat": [0] * len(samples),
            "output": [output for output, _ in samples],
            "targets": [targets for _, targets in samples],
        },
        schema_overrides={"repeat": pl.Int32},
    )
    names = ["exact_match"] + [
        f"token_edit_{kind}_{t}" for kind in ("distance", "similarity") for t in ("char", "word", "digit")
    ]
    return score_samples(frame, names).frame.sort("item_id")


@pytest.mark.parametrize("tokenization", ["char", "word", "digit"])
def test_edit_distance_and_similarity_equal_the_score_columns(
    unwritten: duckdb.DuckDBPyConnection, tokenization: str
) -> None:
    examples = pairs()
    expected = scored([(output, [target]) for output, target in examples])
    unwritten.register(
        "pairs", pl.DataFrame(examples, schema=["output", "target"], orient="row").with_row_index().to_arrow()
    )
    found = unwritten.sql(
        f"SELECT exact_match(output, [target]) AS exact_match, "
        f"token_edit_distance(output, target, tokenization := '{tokenization}') AS distance, "
        f"token_edit_similarity(output, target, tokenization := '{tokenization}') AS similarity "
        "FROM pairs ORDER BY index"
    ).pl()
    unwritten.unregister("pairs")
    assert found["distance"].to_list() == expected[f"token_edit_distance_{tokenization}"].to_list()
    assert found["similarity"].to_list() == pytest.approx(
        expected[f"token_edit_similarity_{tokenization}"].to_list(), abs=1e-15
    )
    assert found["exact_match"].to_list() == expected["exact_match"].to_list()


def test_more_common_tokens_than_bytes_go_through_the_table(unwritten: duckdb.DuckDBPyConnection) -> None:
    rng = random.Random(7)
    alphabet = "".join(map(chr, range(0x4E00, 0x4E00 + 140)))
    examples = []
    for _ in range(2):
        output = "".join(rng.sample(alphabet, k=len(alphabet)))
        examples.append((output, edited(rng, output, alphabet)[3:] + "x"))
        examples.append((output, "".join(rng.sample(alphabet, k=len(alphabet)))))
    assert all(len(set(output) & set(target)) > 125 for output, target in examples)
    expected = scored([(output, [target]) for output, target in examples])["token_edit_distance_char"].to_list()
    found = [unwritten.execute("SELECT token_edit_distance(?, ?)", list(pair)).fetchall()[0][0] for pair in examples]
    assert found == expected
    assert min(found) > 0


def test_several_targets_are_the_nearest_of_them(unwritten: duckdb.DuckDBPyConnection) -> None:
    samples = [("größe", ["grosse", "größen"]), ("12", ["21", "12"])]
    expected = scored(samples)
    for (output, targets), distance, match in zip(
        samples, expected["token_edit_distance_char"], expected["exact_match"], strict=True
    ):
        row = unwritten.execute(
            "SELECT list_min([token_edit_distance($output, t) for t in $targets]), exact_match($output, $targets)",
            {"output": output, "targets": targets},
        ).fetchall()[0]
        assert row == (distance, match)


def test_null_in_null_out(unwritten: duckdb.DuckDBPyConnection) -> None:
    row = unwritten.execute(
        "SELECT token_edit_distance(NULL, 'a'), token_edit_distance('a', NULL, tokenization := 'word'), "
        "token_edit_similarity(NULL, 'a'), exact_match(NULL, ['a']), exact_match('a', NULL), emergence_score(NULL), "
        "emergence_score([0.1, NULL, 0.3]), linearity([0.5]), logit(NULL), "
        "wilson_low(NULL, 4), wilson_high(2, NULL), compounding(NULL, 3)"
    ).fetchall()[0]
    assert row == (None,) * 12


def test_an_unknown_tokenization_is_refused(unwritten: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(duckdb.InvalidInputException, match="choose from char, word, digit"):
        unwritten.execute("SELECT token_edit_distance('a', 'b', tokenization := 'bpe')")


CURVES = [
    [0.0, 0.1, 0.2, 0.3],
    [0.0, 0.0, 0.01, 0.9],
    [0.0, 0.0, 0.0, 0.9],
    [0.9, 0.5, 0.5, 0.1],
    [0.2, 0.2, 0.2],
    [0.1, 0.9],
    [-2.5, -2.0, -0.5, -0.6, -0.1],
    [0.3, 0.1, 0.9, 0.9],
    list(np.random.default_rng(1).random(9)),
]


@pytest.mark.parametrize("resolution", [0.0, 0.01])
@pytest.mark.parametrize("curve", CURVES)
def test_curve_scores_equal_the_python_ones(
    unwritten: duckdb.DuckDBPyConnection, curve: list[float], resolution: float
) -> None:
    found = unwritten.execute(
        "SELECT emergence_score($c, resolution := $r), breakthroughness($c, resolution := $r), "
        "linearity($c, resolution := $r)",
        {"c": curve, "r": resolution},
    ).fetchall()[0]
    values = np.asarray(curve)
    expected = [float(score(values, resolution)) for score in (emergence_score, breakthroughness, linearity)]
    assert found == pytest.approx(expected, rel=1e-12)


def test_wilson_equals_the_python_one(unwritten: duckdb.DuckDBPyConnection) -> None:
    counts = [(0, 0), (0, 1), (1, 1), (0, 500), (500, 500), (3, 10), (250, 500), (1, 10**6)]
    for successes, n in counts:
        low, high = wilson(successes, n)
        row = unwritten.execute("SELECT wilson_low($k, $n), wilson_high($k, $n)", {"k": successes, "n": n}).fetchall()[
            0
        ]
        assert row == pytest.approx((float(low), float(high)), rel=1e-12), (successes, n)


def test_logit_and_compounding(unwritten: duckdb.DuckDBPyConnection) -> None:
    row = unwritten.execute("SELECT logit(0.2), logit(0), logit(1), logit(1.5), compounding(0.9, 12)").fetchall()[0]
    assert row == pytest.approx((math.log(0.25), -math.inf, math.inf, None, 0.9**12))


@pytest.mark.parametrize(("value", "chance", "best"), [(0.7, 0.25, 1), (0.1, 0.375, 0), (0.5, 1, 1), (None, 0.5, 1)])
def test_above_chance_equals_the_python_one(
    unwritten: duckdb.DuckDBPyConnection, value: float | None, chance: float, best: float
) -> None:
    query = "SELECT above_chance($value, $chance, best := $best)"
    [(found,)] = unwritten.execute(query, {"value": value, "chance": chance, "best": best}).fetchall()
    assert found == pytest.approx(correct_for_chance(value, chance, best))


@pytest.mark.parametrize("level", [0.1, 0.125, 0.5, 0.9])
@pytest.mark.parametrize("p", [0.0, 0.01, 0.5, 0.9, 0.999, 1.0, None])
def test_the_longest_answer_equals_the_python_one(
    unwritten: duckdb.DuckDBPyConnection, p: float | None, level: float
) -> None:
    query = "SELECT longest_answer($p::DOUBLE, level := $level)"
    [(found,)] = unwritten.execute(query, {"p": p, "level": level}).fetchall()
    assert found == (None if p is None else longest_answer(p, level))
    if found:
        assert p**found >= level - 1e-9
        assert p ** (found + 1) < level


def test_every_macro_is_documented_inside_the_file(unwritten: duckdb.DuckDBPyConnection) -> None:
    rows = unwritten.execute(
        "SELECT function_name, comment FROM duckdb_functions() WHERE function_type = 'macro' AND NOT internal"
    ).fetchall()
    assert dict(rows) == {macro.name: macro.comment for macro in macros().values()}
    assert all(comment for _, comment in rows)
