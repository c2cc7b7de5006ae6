"""CPU time of token edit distance from a DuckDB table to a DuckDB table, against raw kernels and other libraries.

    OMP_NUM_THREADS=1 POLARS_MAX_THREADS=2 python benchmarks/score_speed.py [--smoke] [--growth] [--rows N] [--memory N]

All peers score the same pairs in this process and must give the same distances; a peer that is not installed is
skipped with a note, and DuckDB's levenshtein, which counts UTF-8 bytes, is held to that. Times are CPU seconds of the
process, all threads together, best of a few repeats; peers that are slow get a share of the pairs. At the end every
bar that the speed is held to is printed with what was measured. ``--memory 50_000_000`` streams that many short rows
from table to table, on disk, and prints the peak of the process's memory instead.
"""

from __future__ import annotations

import argparse
import importlib
import json
import math
import platform
import random
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from types import ModuleType

import duckdb
import numpy as np
import polars as pl
import pyarrow as pa
from rapidfuzz.distance import Levenshtein
from rapidfuzz.process import cpdist

from metrics.fast import is_installed, routed
from metrics.scores import score_samples

BATCH = 131_072
SHORT_WORDS, LONG_WORDS = 6, 85
MEMORY_LIMIT = "600MB"
SETTINGS: dict[str, str | bool | int | float | list[str]] = {
    "memory_limit": "400MB",
    "preserve_insertion_order": False,
    "threads": 1,
}
"""Of a database on disk, which leaves the rest of a gibibyte to what scores."""


@dataclass(frozen=True)
class Timing:
    """One line of the report.

    Attributes:
        pairs: ``short`` or ``long`` strings.
        work: What was timed.
        nanoseconds: CPU time a pair.
        ratio: Time by that of the raw kernel on characters, the same pairs.
    """

    pairs: str
    work: str
    nanoseconds: float
    ratio: float


def make_pairs(n: int, n_words: int, seed: int) -> tuple[list[str], list[str]]:
    """Texts and their corruptions: some words replaced, one in ten with letters beyond ASCII."""
    pick = random.Random(seed)
    letters, beyond = "abcdefghijklmnopqrstuvwxyz", "éüñßøπжש你🙂"
    plain = ["".join(pick.choices(letters, k=pick.randint(2, 8))) for _ in range(5_000)]
    odd = ["".join(pick.choices(letters + beyond, k=pick.randint(2, 8))) for _ in range(500)]
    outputs, targets = [], []
    for index in range(n):
        words = pick.choices(odd if index % 10 == 0 else plain, k=n_words)
        outputs.append(" ".join(words))
        for _ in range(max(n_words // 6, 1)):
            words[pick.randrange(n_words)] = pick.choice(plain)
        targets.append(" ".join(words))
    return outputs, targets


def cpu_seconds(work: Callable[[], object], repeats: int) -> float:
    """CPU seconds of one call, the best of the repeats."""
    best = math.inf
    for _ in range(repeats):
        start = time.process_time()
        work()
        best = min(best, time.process_time() - start)
    return best


def kernel(outputs: list[str], targets: list[str]) -> np.ndarray:
    return np.asarray(cpdist(outputs, targets, scorer=Levenshtein.distance, dtype=np.int32, workers=1))


def table_to_table(con: duckdb.DuckDBPyConnection, metric: str | None) -> None:
    """Read the table in batches, score each, write all to another table; without a metric only read and write."""
    source = con.cursor().sql("SELECT id, output, target FROM pairs").to_arrow_reader(BATCH)
    schema = pa.schema([("id", pa.int64()), ("score", pa.float64())])

    def scored() -> Iterator[pa.RecordBatch]:
        for batch in source:
            frame = pl.DataFrame(batch)
            if metric is None:
                values = pl.repeat(0.0, frame.height, eager=True)
            else:
                samples = frame.select(
                    run_id=pl.lit("run"),
                    item_id=pl.lit(""),
                    repeat=pl.lit(0, pl.Int32),
                    output="output",
                    targets=pl.concat_list("target"),
                )
                values = score_samples(samples, [metric]).frame[metric]
            columns = [frame["id"].to_arrow(), values.rechunk().to_arrow()]
            yield pa.record_batch(columns, schema=schema)

    reader = pa.RecordBatchReader.from_batches(schema, scored())  # noqa: F841 - DuckDB reads it by its name
    con.execute("CREATE OR REPLACE TABLE scores AS SELECT * FROM reader")


def open_pairs(outputs: list[str], targets: list[str]) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(config={"memory_limit": MEMORY_LIMIT, "preserve_insertion_order": False, "threads": 1})
    frame = pa.table({"id": range(len(outputs)), "output": outputs, "target": targets})  # noqa: F841 - read by name
    con.execute("CREATE TABLE pairs AS SELECT * FROM frame")
    return con


def stored_scores(con: duckdb.DuckDBPyConnection) -> np.ndarray:
    return np.asarray(con.sql("SELECT score FROM scores ORDER BY id").fetchnumpy()["score"])


def peers() -> dict[str, Callable[[str, str], int]]:
    """Distances of other libraries, one pair a call, by name; those that are installed."""
    found: dict[str, Callable[[str, str], int]] = {}
    for name, distances in (("nltk", _nltk), ("jiwer", _jiwer)):
        try:
            found |= distances(importlib.import_module(name))
        except ImportError:
            print(f"{name:<47} skipped: not installed")
    return found


def _nltk(nltk: ModuleType) -> dict[str, Callable[[str, str], int]]:
    return {
        "nltk edit_distance, characters": nltk.edit_distance,
        "nltk edit_distance, words": lambda a, b: nltk.edit_distance(a.split(), b.split()),
    }


def _jiwer(jiwer: ModuleType) -> dict[str, Callable[[str, str], int]]:
    return {
        "jiwer process_characters": lambda a, b: _errors(jiwer.process_characters(b, a)),
        "jiwer process_words": lambda a, b: _errors(jiwer.process_words(b, a)),
    }


def _errors(result: object) -> int:
    return sum(getattr(result, name) for name in ("substitutions", "deletions", "insertions"))


def report(name: str, n: int, n_words: int, repeats: int) -> list[Timing]:
    """Time everything on pairs of one size, and check that all give the same distances."""
    outputs, targets = make_pairs(n, n_words, seed=n_words)
    con = open_pairs(outputs, targets)
    by_character = kernel(outputs, targets)
    base = cpu_seconds(lambda: kernel(outputs, targets), repeats) / n
    timings: list[Timing] = []

    def add(work: str, seconds_a_pair: float) -> None:
        timings.append(Timing(name, work, 1e9 * seconds_a_pair, seconds_a_pair / base))
        line = timings[-1]
        print(f"{name:<6} {work:<40} {line.nanoseconds:12,.0f} ns a pair {line.ratio:9.2f} x kernel")

    mean = sum(map(len, outputs)) / n
    print(f"{name}: {n:,} pairs of {mean:.0f} characters, {n_words} words")
    add("rapidfuzz cpdist, characters (kernel)", base)
    add("table to table, nothing scored", cpu_seconds(lambda: table_to_table(con, None), repeats) / n)
    by_word = np.array([Levenshtein.distance(a.split(), b.split()) for a, b in zip(outputs, targets, strict=True)])
    for work, tokenization, route, expected in (
        ("table to table, char", "char", "never", by_character),
        ("table to table, word", "word", "never", by_word),
        ("table to table, word, [fast]", "word", "always", by_word),
    ):
        if route == "always" and not is_installed():
            print(f"{name:<6} {work:<40} skipped: numba is not installed")
            continue
        metric = f"token_edit_distance_{tokenization}"
        with routed(route):
            table_to_table(con, metric)
            if not np.array_equal(stored_scores(con), expected):
                raise AssertionError(f"{work}: differs from rapidfuzz on the {name} pairs")
            add(work, cpu_seconds(partial(table_to_table, con, metric), repeats) / n)
    add("DuckDB levenshtein (bytes)", _duckdb_levenshtein(con, outputs, targets, n_words))
    few = max(min(n, 20_000 // n_words**2), 20)
    for work, distance in peers().items():
        tokens = str.split if "words" in work else list
        start = time.process_time()
        found = [distance(a, b) for a, b in zip(outputs[:few], targets[:few], strict=True)]
        add(work, (time.process_time() - start) / few)
        pairs = zip(outputs[:few], targets[:few], strict=True)
        if found != [Levenshtein.distance(tokens(a), tokens(b)) for a, b in pairs]:
            raise AssertionError(f"{work} differs from rapidfuzz on the {name} pairs")
    return timings


def _duckdb_levenshtein(con: duckdb.DuckDBPyConnection, outputs: list[str], targets: list[str], n_words: int) -> float:
    few = max(len(outputs) // n_words, 20)
    query = f"SELECT levenshtein(output, target) AS d FROM pairs WHERE id < {few} ORDER BY id"
    seconds = cpu_seconds(lambda: con.sql(query).fetchnumpy(), 1)
    expected = [Levenshtein.distance(a.encode(), b.encode()) for a, b in zip(outputs[:few], targets[:few], strict=True)]
    if con.sql(query).fetchnumpy()["d"].tolist() != expected:
        raise AssertionError("DuckDB levenshtein no longer counts bytes")
    return seconds / few


def growth(sizes: list[int]) -> float:
    """Slope of log CPU time over log rows, table to table on disk, char and word together; 1 is linear."""
    spent = []
    # what is loaded once, such as compiled loops, belongs to no size
    for n in [min(sizes) // 10, *sizes]:
        with tempfile.TemporaryDirectory() as folder, duckdb.connect(f"{folder}/growth.duckdb", config=SETTINGS) as con:
            con.execute(
                "CREATE TABLE pairs AS SELECT range AS id, md5(range::VARCHAR) AS output,"
                " md5((range // 2)::VARCHAR) AS target FROM range(?)",
                [n],
            )
            seconds = cpu_seconds(partial(table_to_table, con, "token_edit_distance_char"), 1)
            seconds += cpu_seconds(partial(table_to_table, con, "token_edit_distance_word"), 1)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        if n in sizes:
            spent.append(seconds)
            print(f"growth {n:>12,} rows {seconds:8.2f} CPU s, peak memory so far {peak:,.0f} MiB")
    slope = float(np.polyfit(np.log(sizes), np.log(spent), 1)[0])
    print(f"growth: log-log slope {slope:.3f}")
    return slope


def bars(timings: list[Timing], slope: float) -> list[tuple[str, float, float, bool]]:
    """What the speed is held to: words, what was measured, the bar, and whether it is met."""
    cost = {(line.pairs, line.work): line.nanoseconds for line in timings}
    found = []

    def at_most(what: str, value: float, bar: float) -> None:
        found.append((f"{what}, at most", value, bar, value <= bar))

    def ratio(pairs: str, work: str, by: str) -> float | None:
        both = cost.get((pairs, work)), cost.get((pairs, by))
        return None if None in both else both[0] / both[1]

    kernel_work = "rapidfuzz cpdist, characters (kernel)"
    for pairs, work, bar in (
        ("short", "table to table, char", 2.5),
        ("short", "table to table, word, [fast]", 4.0),
        ("long", "table to table, char", 1.25),
        ("long", "table to table, word, [fast]", 1.25),
    ):
        if (value := ratio(pairs, work, kernel_work)) is not None:
            at_most(f"{pairs}: {work} by kernel", value, bar)
    for pairs in ("short", "long"):
        for ours, peer, bar in (
            ("table to table, char", "nltk edit_distance, characters", 30.0),
            ("table to table, word, [fast]", "nltk edit_distance, words", 30.0),
            ("table to table, char", "jiwer process_characters", 10.0),
            ("table to table, word, [fast]", "jiwer process_words", 10.0),
            ("table to table, char", "DuckDB levenshtein (bytes)", 5.0),
        ):
            if (value := ratio(pairs, peer, ours)) is not None:
                found.append((f"{pairs}: {peer} by {ours}, at least", value, bar, value >= bar))
    at_most("log-log slope of time by rows", slope, 1.05)
    return found


def memory(rows: int) -> None:
    """Score short rows from a table on disk into another, batch by batch; prints time and peak memory."""
    with tempfile.TemporaryDirectory() as folder, duckdb.connect(f"{folder}/memory.duckdb", config=SETTINGS) as con:
        con.execute(
            "CREATE TABLE pairs AS SELECT range AS id, left(md5(range::VARCHAR) || md5((range + 1)::VARCHAR), 35)"
            " AS output, left(md5((range // 2)::VARCHAR) || md5((range + 1)::VARCHAR), 35) AS target FROM range(?)",
            [rows],
        )
        made = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        seconds = cpu_seconds(partial(table_to_table, con, "token_edit_distance_char"), 1)
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        [(stored,)] = con.execute("SELECT count(score) FROM scores").fetchall()
    if stored != rows:
        raise AssertionError(f"{stored:,} scores were stored for {rows:,} rows")
    print(f"memory {rows:,} rows of 35 characters: {seconds:.1f} CPU s, peak {peak:,.0f} MiB (bar 1,024)")
    print(f"memory: {made:,.0f} MiB of that before the first row was scored")


def main() -> None:
    parser = argparse.ArgumentParser(description="CPU time of token edit distance")
    parser.add_argument("--smoke", action="store_true", help="a few hundred pairs")
    parser.add_argument("--lines", type=Path, help="write the timings as JSON to this file")
    parser.add_argument("--rows", type=int, default=1_000_000, help="largest size of the growth test")
    parser.add_argument("--memory", type=int, help="only this: score so many short rows and print the peak memory")
    parser.add_argument("--growth", action="store_true", help="only this: how time grows with rows, up to --rows")
    options = parser.parse_args()
    if options.growth:
        growth([options.rows // 100, options.rows // 10, options.rows])
        return
    if options.memory:
        memory(options.memory)
        return
    print(
        f"{platform.machine()}, Python {platform.python_version()},"
        f" polars {pl.__version__}, duckdb {duckdb.__version__}"
    )
    short, long, repeats = (500, 60, 1) if options.smoke else (500_000, 20_000, 3)
    timings = report("short", short, SHORT_WORDS, repeats) + report("long", long, LONG_WORDS, repeats)
    largest = 4_000 if options.smoke else options.rows
    slope = growth([largest // 100, largest // 10, largest])
    for words, value, bar, met in bars(timings, slope):
        print(f"{'met ' if met else 'NOT '} {words} {bar:g}: {value:.2f}")
    if options.lines:
        lines = {"timings": [asdict(timing) for timing in timings], "slope": slope}
        options.lines.write_text(json.dumps(lines, indent=1))


if __name__ == "__main__":
    main()
