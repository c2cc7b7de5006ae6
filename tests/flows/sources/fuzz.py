"""Random damage to miniature logs for as long as told: ``python -m tests.flows.sources.fuzz SECONDS [SEED]``.

Half of the damage is to bytes; half is to values of parsed JSON, which gets past the parser. A reader may end with
rows, with findings or with a refusal; anything else, a read of more than ``LONGEST`` seconds, or more memory than
``LARGEST`` is a fault, and the damaged file is kept.
"""

from __future__ import annotations

import json
import random
import resource
import shutil
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

from flows.sources.lm_eval import bulk
from flows.sources.registry import UnreadableFileError
from flows.sources.schema import READ_SCHEMA
from tests.flows.sources.reading import CASES, read

LONGEST = 20.0
"""CPU seconds of one read of a miniature log."""
LARGEST = 2 * 10**6
"""Kilobytes of the process."""
PIECES = (b"null", b"{}", b"[]", b'""', b"-1", b"1e999", b"NaN", b'"\xc3"', b"true", b",", b"}", b"\n", b"\x00", b'"x"')
VALUES: tuple[Any, ...] = (
    *(None, True, False, 0, -1, 3, 2**31, 2**63, 10**400, 0.5, -0.0, float("nan"), float("inf"), -float("inf")),
    *("", " ", "0", "-1.5", "nan", "x", "\ud800", "\x00", "é" * 40, "[1]", "a" * 10_000, "../../etc/passwd"),
    *([], [None], [[]], [[[]]], {}, {"": None}, {"a": {"b": []}}, [1, "2", None], ["a", "a"]),
)


def damaged_bytes(data: bytes, pick: random.Random) -> bytes:
    """Some stretches replaced by small pieces of JSON, or the end lost."""
    for _ in range(pick.randint(1, 4)):
        begin = pick.randrange(len(data) + 1)
        data = data[:begin] + pick.choice(PIECES) + data[begin + pick.randrange(30) :]
    return data[: pick.randrange(len(data) + 1)] if pick.random() < 0.1 else data


def damaged_values(data: bytes, pick: random.Random) -> bytes:
    """Some values of a JSON text, or of one of its lines, replaced, doubled, moved or taken away."""
    text = data.decode("utf-8")
    try:
        rows, join = [json.loads(text)], ""
    except ValueError:
        rows, join = [json.loads(line) for line in text.splitlines() if line.strip()], "\n"
    for _ in range(pick.randint(1, 3)):
        place = pick.randrange(len(rows))
        rows[place] = _changed(rows[place], pick)
    return join.join(json.dumps(row) for row in rows).encode("utf-8", "surrogatepass")


def _changed(value: Any, pick: random.Random) -> Any:
    if not isinstance(value, dict | list) or not value or pick.random() < 0.1:
        return pick.choice(VALUES)
    keys = list(value) if isinstance(value, dict) else list(range(len(value)))
    key = pick.choice(keys)
    copy = dict(value) if isinstance(value, dict) else list(value)
    kind = pick.random()
    if kind < 0.15:
        del copy[key]
    elif kind < 0.25:
        copy[key] = copy[pick.choice(keys)]
    elif kind < 0.3 and isinstance(copy, list):
        copy += copy[:3]
    else:
        copy[key] = _changed(copy[key], pick)
    return copy


def one(path: Path, pick: random.Random, folder: Path) -> str:
    """Damage one file of a case and read it; what came of it in a word."""
    root = CASES / Path(*path.relative_to(CASES).parts[:2])
    copy = folder / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(root, copy)
    target = copy / path.relative_to(root)
    data = target.read_bytes()
    is_text = path.suffix in (".json", ".jsonl")
    target.write_bytes((damaged_values if is_text and pick.random() < 0.6 else damaged_bytes)(data, pick))
    start = time.process_time()
    try:
        found = read(target, path.relative_to(CASES).parts[0])
    except UnreadableFileError:
        return "refused"
    finally:
        taken = time.process_time() - start
        assert taken < LONGEST, f"{taken:.1f} s"
        assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss < LARGEST
    assert list(found.samples.columns) == list(READ_SCHEMA)
    return "findings" if found.findings else "rows"


def fuzz(seconds: float, seed: int, files: list[Path]) -> Counter[tuple[str, str]]:
    """Outcomes by format, of as many damaged files as fit into the time.

    Raises:
        AssertionError: A reader failed; the damaged file is named.
    """
    pick = random.Random(seed)
    outcomes: Counter[tuple[str, str]] = Counter()
    smallest, bulk.SMALLEST_FILE = bulk.SMALLEST_FILE, 0
    end = time.monotonic() + seconds
    folder = Path(tempfile.mkdtemp(prefix="fuzz-"))
    try:
        while time.monotonic() < end:
            path = pick.choice(files)
            outcomes[path.relative_to(CASES).parts[0], one(path, pick, folder)] += 1
    except Exception as error:
        raise AssertionError(f"{path.relative_to(CASES)} damaged as kept in {folder}: {error!r}") from error
    finally:
        bulk.SMALLEST_FILE = smallest
    shutil.rmtree(folder)
    return outcomes


def main() -> None:
    seconds = float(sys.argv[1])
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else time.time_ns()
    sys.stdout.write(f"seed {seed}\n")
    files = sorted(path for path in CASES.rglob("*") if path.is_file())
    outcomes = fuzz(seconds, seed, files)
    for (name, outcome), count in sorted(outcomes.items()):
        sys.stdout.write(f"{name:16s} {outcome:9s} {count:,}\n")
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    sys.stdout.write(f"{outcomes.total():,} reads, at most {peak:,} MiB of memory\n")


if __name__ == "__main__":
    main()
