"""Reading logs: rows a CPU second against bare DuckDB and inspect_ai, the cost of known files, and peak memory.

    OMP_NUM_THREADS=1 POLARS_MAX_THREADS=2 python benchmarks/read_speed.py [--smoke] [--rows N] [--memory-megabytes N]

The logs are made here. Times are CPU seconds of this process, all threads together, peers in turn, medians of the
rounds. ``inspect_ai`` is no dependency; where it is not installed that line says so. ``--memory-megabytes 5000`` pulls
one JSON lines file of that size in a process of its own and prints the most memory it held.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import importlib.util
import json
import random
import resource
import statistics
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Callable
from contextlib import ExitStack, closing
from itertools import chain
from pathlib import Path

import duckdb
import polars as pl
import pyarrow as pa

from flows.sources.registry import LogFile, sources
from flows.sources.schema import SAMPLE_FIELDS

BARS = {"lm-evaluation-harness": 0.7, "inspect": 10.0, "seconds": 5.0, "megabytes": 1000.0}
MODEL = "made/model"
COLUMNS = """{
    doc_id: 'VARCHAR', target: 'VARCHAR', arguments: 'MAP(VARCHAR, STRUCT(arg_0 VARCHAR, arg_1 VARCHAR))',
    resps: 'VARCHAR[][][]', filter: 'VARCHAR', metrics: 'VARCHAR[]', acc: 'DOUBLE', acc_norm: 'DOUBLE'
}"""
LOGGED = f"CREATE OR REPLACE TABLE logged AS FROM read_json($path, format = 'newline_delimited', columns = {COLUMNS})"
"""The fields as they stand in the log."""
SAMPLES = f"""
WITH logged AS (FROM read_json($path, format = 'newline_delimited', columns = {COLUMNS})),
row AS (SELECT *, map_values(arguments) AS requests, target::INTEGER + 1 AS place FROM logged)
INSERT INTO sample BY NAME SELECT
    '{MODEL}' AS run_id, doc_id AS item_id, 0 AS repeat, requests[1].arg_0 AS prompt,
    [ltrim(requests[place].arg_1)] AS targets, list_transform(requests, lambda one: ltrim(one.arg_1)) AS choices,
    list_transform(resps, lambda one: one[1][1]::DOUBLE) AS choice_logprobs, target::INTEGER AS gold,
    resps[place][1][1]::DOUBLE AS target_logprob, strlen(requests[place].arg_1)::INTEGER AS n_target_bytes,
    resps[place][1][2] = 'True' AS is_greedy
FROM row
"""
"""The fields as they stand in the warehouse, without any look at whether they are what they seem."""


def write_choices(path: Path, n_rows: int, n_words: int = 40) -> None:
    """Samples of four choices as lm-evaluation-harness writes them since 0.4.7."""
    pick = random.Random(0)
    words = ["".join(pick.choices("abcdefghijklmnopqrstuvwxyz", k=pick.randint(2, 9))) for _ in range(2_000)]
    with path.open("w", encoding="utf-8") as file:
        for number in range(n_rows):
            question = " ".join(pick.choices(words, k=n_words))
            choices = [" ".join(pick.choices(words, k=6)) for _ in range(4)]
            logprobs = [-20 * pick.random() for _ in choices]
            gold = pick.randrange(4)
            best = max(range(4), key=lambda place: logprobs[place])
            best_norm = max(range(4), key=lambda place: logprobs[place] / len(choices[place]))
            pairs = [[repr(value), "False"] for value in logprobs]
            row = {
                "doc_id": number,
                "doc": {"question": question, "choices": choices, "gold": gold},
                "target": str(gold),
                "arguments": {
                    f"gen_args_{place}": {"arg_0": question, "arg_1": f" {text}"} for place, text in enumerate(choices)
                },
                "resps": [[pair] for pair in pairs],
                "filtered_resps": pairs,
                "filter": "none",
                "metrics": ["acc", "acc_norm"],
                **{
                    f"{name}_hash": hashlib.sha256(f"{name}{number}".encode()).hexdigest() for name in ("doc", "prompt")
                },
                "acc": float(best == gold),
                "acc_norm": float(best_norm == gold),
            }
            file.write(json.dumps(row) + "\n")


def write_inspect(path: Path, n_samples: int) -> None:
    """A log of Inspect with one question, one answer and the events of both a sample."""
    pick = random.Random(0)
    head = {
        "version": 2,
        "status": "success",
        "eval": {
            "eval_id": "e", "run_id": "r", "created": "2026-01-01T00:00:00+00:00", "task": "made", "task_id": "t",
            "dataset": {"name": "made", "samples": n_samples}, "model": f"openai/{MODEL}", "config": {"epochs": 1},
        },
        "plan": {"steps": []},
        "results": {"total_samples": n_samples, "completed_samples": n_samples, "scores": []},
        "stats": {"started_at": "2026-01-01T00:00:00+00:00", "completed_at": "2026-01-01T00:00:01+00:00"},
    }  # fmt: skip
    summaries = []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("_journal/start.json", json.dumps({name: head[name] for name in ("version", "eval", "plan")}))
        for number in range(1, n_samples + 1):
            target, output = str(pick.randrange(1000)), str(pick.randrange(1000))
            text = "What is the sum of the following numbers? " * 12
            messages = [
                {"id": f"u{number}", "role": "user", "content": text},
                {"id": f"a{number}", "role": "assistant", "content": output, "source": "generate"},
            ]
            score = {"value": "C" if output == target else "I", "answer": output, "explanation": output}
            said = {"id": number, "epoch": 1, "input": text, "target": target}
            choice = {"message": messages[1], "stop_reason": "stop"}
            usage = {"input_tokens": 100, "output_tokens": 5, "total_tokens": 105}
            written = {"model": MODEL, "choices": [choice], "completion": output, "usage": usage, "time": 0.5}
            when = {"timestamp": "2026-01-01T00:00:00+00:00", "working_start": 1.0, "pending": False}
            model_event = {"event": "model", "model": MODEL, "input": messages[:1], "tools": [], "tool_choice": "auto"}
            events = [
                when
                | {
                    "event": "sample_init",
                    "sample": {"input": text, "target": target},
                    "state": {"messages": messages[:1]},
                },
                when | {"event": "step", "action": "begin", "type": "solver", "name": "generate"},
                when | model_event | {"config": {"temperature": 0.0}, "output": written},
                when | {"event": "step", "action": "end", "type": "solver", "name": "generate"},
                when | {"event": "score", "score": score, "target": target},
            ]
            sample = said | {
                "messages": messages,
                "output": written,
                "scores": {"match": score},
                "metadata": {},
                "store": {},
                "events": events,
                "model_usage": {},
                "attachments": {},
            }
            summaries.append(said | {"scores": {"match": score}})
            archive.writestr(f"samples/{number}_epoch_1.json", json.dumps(sample))
        archive.writestr("summaries.json", json.dumps(summaries))
        archive.writestr("header.json", json.dumps(head))


def read_rows(path: Path, format: str) -> int:
    """Rows that the reader of a format gives."""
    reader = sources()[format]
    settings = reader.settings(uri=(path.name,), model_id=MODEL)
    return sum(batch.samples.height for batch in reader.read(LogFile(path.name, path), settings))


def cpu_seconds(work: Callable[[], object]) -> float:
    """CPU seconds of one call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def rates(n_rows: int, n_rounds: int, **peers: Callable[[], object]) -> dict[str, float]:
    """Rows a CPU second of each peer, taken in turn; the median of the rounds after one that warms up."""
    taken: dict[str, list[float]] = {name: [] for name in peers}
    for number in range(n_rounds + 1):
        for name, work in peers.items():
            seconds = cpu_seconds(work)
            if number:
                taken[name].append(seconds)
    return {name: n_rows / statistics.median(seconds) for name, seconds in taken.items()}


def choices_against_duckdb(folder: Path, n_rows: int, n_rounds: int) -> None:
    """The reader of lm-evaluation-harness against bare DuckDB: to frames, and into the table of samples of a file."""
    path = folder / "samples_made_2026-01-01T00-00-00.000001.jsonl"
    write_choices(path, n_rows)
    scores = {"made": {"acc,none": 0.25, "acc_norm,none": 0.25}}
    results = {"results": scores, "configs": {"made": {}}, "model_name": MODEL, "n-samples": {"made": {"effective": 0}}}
    (folder / "results_2026-01-01T00-00-00.000001.json").write_text(json.dumps(results), encoding="utf-8")
    empty = pl.DataFrame(schema={"run_id": pl.String, **SAMPLE_FIELDS})
    with closing(duckdb.connect(config={"threads": 1})) as memory, ExitStack() as stack:
        bare, ours = (stack.enter_context(closing(_table_of_samples(folder / name, empty))) for name in ("a", "b"))
        found = rates(
            n_rows,
            n_rounds,
            logged=lambda: memory.execute(LOGGED, {"path": str(path)}),
            frames=lambda: read_rows(path, "lm_eval"),
            bare=lambda: _stored(bare, lambda: bare.execute(SAMPLES, {"path": str(path)})),
            ours=lambda: _stored(ours, lambda: _into_table(ours, path)),
        )
        rows = [sorted(con.execute("FROM sample").fetchall()) for con in (bare, ours)]
        assert len(rows[0]) == n_rows
        assert rows[0] == rows[1]
    megabytes = path.stat().st_size / 1e6
    bar = BARS["lm-evaluation-harness"]
    print(f"lm-evaluation-harness, {n_rows:,} rows of four choices, {megabytes:,.0f} MB, rows a CPU second:")
    print(f"  bare DuckDB, the fields of the log into a table in memory {found['logged']:,.0f}; into the table of")
    print(f"  samples in a file {found['bare']:,.0f}; the reader to frames {found['frames']:,.0f}, into that table")
    print(f"  {found['ours']:,.0f}; ratio {found['ours'] / found['bare']:.2f} (bar {bar})")
    print(f"  frames against the table in memory: ratio {found['frames'] / found['logged']:.2f}")


def _table_of_samples(path: Path, empty: pl.DataFrame) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(path, config={"threads": 1})
    con.register("empty", empty.to_arrow())
    return con


def _stored(con: duckdb.DuckDBPyConnection, fill: Callable[[], object]) -> None:
    """Fill an empty table and bring it into the file."""
    con.execute("CREATE OR REPLACE TABLE sample AS FROM empty")
    fill()
    con.execute("CHECKPOINT")


def _into_table(con: duckdb.DuckDBPyConnection, path: Path) -> None:
    """All batches of the reader as one stream."""
    reader = sources()["lm_eval"]
    batches = reader.read(LogFile(path.name, path), reader.settings(uri=(path.name,), model_id=MODEL))
    tables = (batch.samples.select(pl.col("model_id").alias("run_id"), *SAMPLE_FIELDS).to_arrow() for batch in batches)
    first = next(tables)
    stream = (part for table in chain([first], tables) for part in table.to_batches())
    con.register("rows", pa.RecordBatchReader.from_batches(first.schema, stream))
    con.execute("INSERT INTO sample BY NAME FROM rows")


def inspect_against_its_own(folder: Path, n_samples: int, n_rounds: int) -> None:
    """The reader of Inspect's archives against ``inspect_ai.log.read_eval_log``."""
    path = folder / "2026-01-01T00-00-00_made_a.eval"
    write_inspect(path, n_samples)
    assert read_rows(path, "inspect_ai") == n_samples
    if importlib.util.find_spec("inspect_ai") is None:
        ours = rates(n_samples, n_rounds, ours=lambda: read_rows(path, "inspect_ai"))["ours"]
        print(f"Inspect, {n_samples:,} samples: {ours:,.0f} rows a CPU second")
        print("  ratio not available because inspect_ai is not installed")
        return
    read_eval_log = importlib.import_module("inspect_ai.log").read_eval_log

    found = rates(
        n_samples,
        n_rounds,
        ours=lambda: read_rows(path, "inspect_ai"),
        theirs=lambda: read_eval_log(str(path)),
    )
    print(
        f"Inspect, {n_samples:,} samples, rows a CPU second: {found['ours']:,.0f} and inspect_ai {found['theirs']:,.0f}"
    )
    print(f"  ratio {found['ours'] / found['theirs']:.1f} (bar {BARS['inspect']:.0f})")


STUDY = """
name = "known files"
[[sources]]
uri = "logs/*/*.jsonl"
[[families]]
name = "made"
models = "*"
"""


def known_files(folder: Path, n_files: int) -> None:
    """CPU seconds of a pull that finds every file as it was: samples of lm-evaluation-harness with results beside."""
    from flows.bench import Silent
    from flows.session import run_direct
    from flows.study_file import load_study

    place = folder / "known"
    place.mkdir()
    (place / "study.toml").write_text(STUDY, encoding="utf-8")
    row = {"doc_id": 0, "resps": [["a"]], "filtered_resps": ["a"], "target": "a", "doc": {}, "filter": "none"}
    row |= {"arguments": {"gen_args_0": {"arg_0": "q", "arg_1": {"until": []}}}, "metrics": []}
    for number in range(n_files):
        logs = place / "logs" / f"model{number // 100}"
        logs.mkdir(parents=True, exist_ok=True)
        when = f"2026-01-01T00-00-{number % 100:02d}.{number:06d}"
        (logs / f"samples_task{number}_{when}.jsonl").write_text(json.dumps(row), encoding="utf-8")
        results = {
            "results": {f"task{number}": {"acc,none": 1.0}},
            "model_name": f"model{number // 100}",
            "configs": {},
        }
        (logs / f"results_{when}.json").write_text(json.dumps(results), encoding="utf-8")
    study = load_study(place / "study.toml")
    first = cpu_seconds(lambda: run_direct(study, Silent(), 0, ("pull",)))
    again = cpu_seconds(lambda: run_direct(study, Silent(), 0, ("pull",)))
    bar = BARS["seconds"]
    print(f"{n_files:,} files: first pull {first:.1f} s of CPU; known, {again:.2f} s (bar for 10,000: {bar:.0f} s)")


LARGE = """
name = "large file"
workers = 1
[[sources]]
uri = "{name}"
model_id = "{model}"
[[families]]
name = "made"
models = "*"
"""


def peak_memory(folder: Path, megabytes: int) -> None:
    """Most memory of a process that pulls one JSON lines file into a warehouse; the items differ in their number."""
    path = folder / "samples_large_2026-01-01T00-00-00.jsonl"
    unit = folder / "unit.jsonl"
    write_choices(unit, 10_000)
    start = '{"doc_id": '
    rests = [line.partition(",")[2] for line in unit.read_text(encoding="utf-8").split(start)[1:]]
    with path.open("w", encoding="utf-8") as file:
        for block in range(max(1, megabytes * 10**6 // unit.stat().st_size)):
            first = block * len(rests)
            file.write("".join(f"{start}{first + number},{rest}" for number, rest in enumerate(rests)))
    (folder / "large.toml").write_text(LARGE.format(name=path.name, model=MODEL), encoding="utf-8")
    command = [sys.executable, str(Path(__file__).resolve()), "--pull", str(folder / "large.toml")]
    found = subprocess.run(command, check=True, capture_output=True, text=True)
    n_samples, peak, seconds = found.stdout.split()
    text = f"{path.stat().st_size / 1e6:,.0f} MB of JSON lines, {int(n_samples):,} samples"
    print(
        f"pulling {text}: at most {float(peak):,.0f} MB of memory (bar {BARS['megabytes']:,.0f} MB), "
        f"{float(seconds):.0f} s of CPU"
    )
    path.unlink()


def pull(study: Path) -> None:
    """Pull a study and print the samples, the most memory held in MB, and the CPU seconds of the process."""
    from flows.bench import Silent
    from flows.session import run_direct
    from flows.study_file import load_study

    done = run_direct(load_study(study), Silent(), 0, ("pull",))
    assert done.pulled is not None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
    print(done.pulled.n_samples, peak, time.process_time())


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--smoke", action="store_true", help="every measurement once, on little data")
    parser.add_argument("--rows", type=int, default=200_000, help="rows of multiple choice")
    parser.add_argument("--memory-megabytes", type=int, default=1_000, help="size of the file whose memory is measured")
    parser.add_argument("--pull", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.pull:
        pull(given.pull)
        return
    little = given.smoke
    print(f"duckdb {duckdb.__version__}, polars {pl.__version__}; CPU time of one process")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        choices_against_duckdb(folder, 2_000 if little else given.rows, 1 if little else 7)
        inspect_against_its_own(folder, 20 if little else 1_000, 1 if little else 3)
        known_files(folder, 10 if little else 10_000)
        peak_memory(folder, 20 if little else given.memory_megabytes)


if __name__ == "__main__":
    main()
