"""Make the reference of the verdict tests from the prototype of the method.

    python tests/reference/verdict/make.py PROTOTYPE_FOLDER [SECOND_PROTOTYPE_FOLDER]

PROTOTYPE_FOLDER holds proc.py (verdict) and gen.py (ladder generator) of version 1 of the method. Writes, beside this
script, ladders-1.npz (ladders of all kinds of the generator; also replicates, clusters, smooth scores)
and expected-1.json (what the prototype says about each). SECOND_PROTOTYPE_FOLDER holds proc2.py, ingest2.py and gen2.py
of version 2. Writes ladders-2.npz (ladders with token flags, floors and log-probabilities), expected-2.json (about
those) and expected-2-counts.json (version 2 about the ladders of version 1). Nothing of the prototypes is stored
but their numbers.
"""

from __future__ import annotations

import importlib
import itertools
import json
import sys
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
SEED = 20240611
SCALES, ITEMS, LENGTHS, RUN_SDS = (4, 5, 6, 7, 8, 10, 12), (60, 120, 200, 280), (1, 3, 6), (0.0, 0.1, 0.2)
LADDERS_A_KIND = 13


def replicate(rng: np.random.Generator, ladder: dict[str, Any], n_runs: int) -> dict[str, Any]:
    """Give every scale more runs, each with answers drawn from items of the same length."""
    groups = [np.flatnonzero(ladder["L"] == length) for length in np.unique(ladder["L"])]
    rows = []
    for scale in range(len(ladder["x"])):
        for run in range(n_runs):
            source = np.arange(ladder["EM"].shape[1])
            if run > 0:
                for members in groups:
                    source[members] = rng.choice(members, len(members))
            rows.append((scale, source))
    out = dict(ladder)
    for name in ("K", "EM", "smooth"):
        if name in ladder:
            out[name] = np.array([ladder[name][scale][source] for scale, source in rows])
    out["x"] = np.repeat(ladder["x"], n_runs)
    return out


def ladders(gen: Any) -> list[dict[str, Any]]:
    """Ladders of every kind and size of the grid, with variations."""
    rng = np.random.default_rng(SEED)
    made = []
    for number, kind in enumerate(kind for kind in gen.KINDS for _ in range(LADDERS_A_KIND)):
        n_scales = int(rng.choice(SCALES))
        length = int(rng.choice(LENGTHS[1:] if kind in ("st_up", "st_down", "s_sticky") else LENGTHS))
        ladder = gen.make(rng, kind, S=n_scales, n=int(rng.choice(ITEMS)), L=length, sm=float(rng.choice(RUN_SDS)))
        ladder["kind"] = kind
        ladder["x"] = ladder["x"] + 5.0
        if number % 8 == 3:
            ladder = replicate(rng, ladder, int(rng.choice([2, 3])))
        if number % 8 == 5:
            # numbered without holes: the prototype counts empty clusters
            drawn = rng.integers(0, 25, ladder["EM"].shape[1])
            ladder["cluster"] = np.unique(drawn, return_inverse=True)[1]
        if number % 8 == 6 and kind in gen.MC:
            ladder["chance"] = 0.25
        made.append(ladder)
    return made


def numbers(value: Any) -> Any:
    """Plain numbers, to seven digits: the comparison asks for six."""
    return [round(float(v), 7) for v in np.atleast_1d(value)]


def expected(proc: Any, ladder: dict[str, Any], **tokens: Any) -> dict[str, Any]:
    """What the prototype says about a ladder, rows in order of scale."""
    smooth, cluster = ladder.get("smooth"), ladder.get("cluster")
    if smooth is not None:
        smooth = smooth.astype(np.float64)
    chance = float(ladder.get("chance", 0.0))
    found = proc.analyze(ladder["x"], ladder["K"], ladder["L"], ladder["EM"], smooth, chance, cluster, **tokens)
    evidence = found.ev
    out: dict[str, Any] = {"kind": ladder["kind"], "verdict": found.verdict, "reason": found.reason, "lean": found.lean}
    for name in ("em", "a", "lo", "hi", "med", "map_pred", "onset", "lsig"):
        if name in evidence:
            out[name] = numbers(evidence[name])
    for name in ("sigma", "dz", "himax", "lim", "early_share", "jbest", "looks_emergent", "lo_noisy"):
        if name in evidence:
            out[name] = float(evidence[name])
    if "comp" in evidence:
        comp = evidence["comp"]
        for name in ("own_ln", "own_bb", "cf_ln", "cf_bb", "rho", "tau", "own_miss", "cf_miss", "burst"):
            out[name] = numbers(comp[name])
        if comp["struct"] is not None:
            struct = comp["struct"]
            out["struct"] = {
                "sign": float(struct["sign"]),
                "same": bool(struct["same"]),
                "bounds": [float(struct[k] * struct["span"]) for k in ("lo_r", "lo_t", "lo_b")],
                "change": [float(v) for v in struct["dEM"]],
            }
    return out


def pack(made: list[dict[str, Any]]) -> dict[str, np.ndarray]:
    """Small integer types; ladder i under names that end in _i."""
    packed = {}
    for i, ladder in enumerate(made):
        packed[f"x_{i}"] = ladder["x"]
        packed[f"K_{i}"] = ladder["K"].astype(np.uint8)
        packed[f"L_{i}"] = ladder["L"].astype(np.uint8)
        packed[f"exact_{i}"] = np.packbits(ladder["EM"].astype(np.uint8))
        if "smooth" in ladder:
            packed[f"score_{i}"] = ladder["smooth"].astype(np.float16)
        if "cluster" in ladder:
            packed[f"cluster_{i}"] = ladder["cluster"].astype(np.uint8)
        if "chance" in ladder:
            packed[f"chance_{i}"] = np.array(ladder["chance"])
    return packed


VARIANTS = ("counts", "flags", "flags, floor", "flags, floor", "flags, lp, base", "flags, lp, base", "floor", "lp")


RARE = {
    "the smooth metric stays": 2,
    "a jump between sizes": 4,
    "runs of the two sizes": 3,
    "one run falls": 2,
    "smooth metric is smooth but correctness": 2,
    "smooth metric is smooth but the clustering": 2,
    "the smooth metric is at its floor": 2,
    "exact match falls": 1,
}
RARE_KINDS = ("format", "lottery", "step", "mix", "stup", "loglin", "kink", "inverse2")
MOST_TRIES = 1500


def token_ladders(gen2: Any, ingest2: Any) -> list[dict[str, Any]]:
    """Ladders of every kind of the extended generator, each with some of the inputs of version 2."""
    rng = np.random.default_rng(SEED + 1)
    kinds = [kind for kind in gen2.SM2 + gen2.BR2 + gen2.OT2 for _ in range(7)]
    return list(draw_token_ladders(rng, gen2, ingest2, kinds))


def rare_ladders(gen2: Any, ingest2: Any, proc2: Any) -> list[dict[str, Any]]:
    """Ladders on which the second prototype reaches steps that hardly any ladder reaches."""
    rng = np.random.default_rng(SEED + 2)
    kinds = itertools.islice(itertools.cycle(RARE_KINDS), MOST_TRIES)
    wanted, made = dict(RARE), []
    for ladder in draw_token_ladders(rng, gen2, ingest2, kinds):
        reason = expected(proc2, ladder, **tokens_of(ladder))["reason"]
        found = next((start for start in wanted if reason.startswith(start)), None)
        if found is not None and wanted[found] > 0:
            wanted[found] -= 1
            made.append(ladder)
    return made


def draw_token_ladders(
    rng: np.random.Generator, gen2: Any, ingest2: Any, kinds: Iterable[str]
) -> Iterator[dict[str, Any]]:
    """Draw ladders of the extended generator, small enough to be stored."""
    for number, kind in enumerate(kinds):
        n_runs = int(rng.choice([1, 1, 3]))
        ladder = gen2.make(
            rng,
            kind,
            S=int(rng.choice([5, 6, 8] if n_runs == 1 else [5, 6])),
            n=int(rng.choice([50, 80])),
            L=int(rng.choice([2, 4])),
            sm=float(rng.choice([0.05, 0.15])),
            reps=n_runs,
            hetero=bool(rng.random() < 0.3),
        )
        ladder["kind"], ladder["x"] = kind, ladder["x"] + 5.0
        ladder["variant"] = VARIANTS[(number + number // 8) % len(VARIANTS)]
        # sixteenths of a nat take one byte
        ladder["lp"] = np.round(np.clip(-ladder["lp"], 0, 15) * 16).astype(np.uint8)
        ladder["cls"] = ingest2.classes(ladder["L"], ladder["flags"].shape[2])
        ladder["floor"], ladder["base"] = ingest2.floors(ladder["T"], ladder["O"], ladder["cls"])
        yield ladder


def tokens_of(ladder: dict[str, Any]) -> dict[str, Any]:
    """Arguments of the second prototype beyond those of the first."""
    variant, out = ladder["variant"], {}
    if "flags" in variant:
        out |= {"flags": ladder["flags"], "cls": ladder["cls"]}
    if "floor" in variant:
        out["floor"] = ladder["floor"]
    if "lp" in variant:
        out["lp"] = -(ladder["lp"] / 16.0)
    if "base" in variant:
        out["base"] = ladder["base"]
    return out


def pack_tokens(made: list[dict[str, Any]]) -> dict[str, np.ndarray]:
    """What is stored of the extended ladders, inputs that the variant does not use left out."""
    packed = pack(made)
    for i, ladder in enumerate(made):
        for name in ("floor", "base"):
            if name in ladder["variant"]:
                packed[f"{name}_{i}"] = np.asarray(ladder[name])
        if "lp" in ladder["variant"]:
            packed[f"lp_{i}"] = ladder["lp"]
        if "flags" in ladder["variant"]:
            packed[f"classes_{i}"] = ladder["cls"].astype(np.int8)
            packed[f"flags_{i}"] = np.packbits(ladder["flags"] > 0)
    return packed


def beyond_first(row: dict[str, Any]) -> dict[str, Any]:
    """What version 2 may say differently about a ladder without new inputs."""
    same = ("em", "a", "own_ln", "own_bb", "cf_ln", "cf_bb", "rho", "tau", "own_miss", "cf_miss", "burst", "struct")
    return {name: value for name, value in row.items() if name not in same}


def write(name: str, rows: list[dict[str, Any]]) -> None:
    """One ladder a line."""
    (HERE / name).write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")


def main() -> None:
    """Write the files of the versions whose prototypes are given."""
    warnings.simplefilter("ignore")
    sys.path[:0] = sys.argv[1:]
    made = ladders(importlib.import_module("gen"))
    for ladder in made:
        if "smooth" in ladder:
            ladder["smooth"] = ladder["smooth"].astype(np.float16)
    proc = importlib.import_module("proc")
    np.savez_compressed(HERE / "ladders-1.npz", **pack(made))
    write("expected-1.json", [expected(proc, ladder) for ladder in made])
    if len(sys.argv) > 2:
        proc2, ingest2 = importlib.import_module("proc2"), importlib.import_module("ingest2")
        write("expected-2-counts.json", [beyond_first(expected(proc2, ladder)) for ladder in made])
        gen2 = importlib.import_module("gen2")
        extended = token_ladders(gen2, ingest2) + rare_ladders(gen2, ingest2, proc2)
        np.savez_compressed(HERE / "ladders-2.npz", **pack_tokens(extended))
        write("expected-2.json", [expected(proc2, ladder, **tokens_of(ladder)) for ladder in extended])


if __name__ == "__main__":
    main()
