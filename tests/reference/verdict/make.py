"""Make the reference of the verdict tests from the prototype of the method.

    python tests/reference/verdict/make.py PROTOTYPE_FOLDER

PROTOTYPE_FOLDER holds proc.py (verdict) and gen.py (ladder generator) of version 1 of the method. Writes, beside this
script, ladders-1.npz (ladders of all kinds of the generator; also replicates, clusters, smooth scores)
and expected-1.json (what the prototype says about each). Nothing of the prototype is stored but its numbers.
"""

from __future__ import annotations

import importlib
import json
import sys
import warnings
from pathlib import Path
from typing import Any

import numpy as np

HERE = Path(__file__).resolve().parent
SEED = 20240611
SCALES, ITEMS, LENGTHS, RUN_SDS = (4, 5, 6, 7, 8, 10, 12), (60, 120, 200, 350), (1, 3, 6), (0.0, 0.1, 0.2)
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
    """Plain numbers, to nine digits: the comparison asks for six."""
    return [round(float(v), 9) for v in np.atleast_1d(value)]


def expected(proc: Any, ladder: dict[str, Any]) -> dict[str, Any]:
    """What the prototype says about a ladder, rows in order of scale."""
    smooth, cluster = ladder.get("smooth"), ladder.get("cluster")
    if smooth is not None:
        smooth = smooth.astype(np.float64)
    chance = float(ladder.get("chance", 0.0))
    found = proc.analyze(ladder["x"], ladder["K"], ladder["L"], ladder["EM"], smooth, chance, cluster)
    evidence = found.ev
    out: dict[str, Any] = {"kind": ladder["kind"], "verdict": found.verdict, "reason": found.reason, "lean": found.lean}
    for name in ("em", "a", "lo", "hi", "med", "map_pred", "onset"):
        if name in evidence:
            out[name] = numbers(evidence[name])
    for name in ("sigma", "dz", "himax", "lim", "early_share", "jbest", "looks_emergent"):
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


def main() -> None:
    """Write both files."""
    warnings.simplefilter("ignore")
    sys.path.insert(0, sys.argv[1])
    made = ladders(importlib.import_module("gen"))
    for ladder in made:
        if "smooth" in ladder:
            ladder["smooth"] = ladder["smooth"].astype(np.float16)
    proc = importlib.import_module("proc")
    np.savez_compressed(HERE / "ladders-1.npz", **pack(made))
    rows = [expected(proc, ladder) for ladder in made]
    (HERE / "expected-1.json").write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")


if __name__ == "__main__":
    main()
