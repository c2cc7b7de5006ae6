"""Names of runs and ladders: readable, safe as file names, and equal on every machine."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence

from flows.sources.schema import RUN_KEY

READABLE_LENGTH = 60


def _slug(text: str) -> str:
    return re.sub(r"[^A-Za-z0-9_.]+", "-", text).strip("-.")[:READABLE_LENGTH]


def _name(readable: Sequence[str], exact: object) -> str:
    digest = hashlib.sha256(json.dumps(exact, ensure_ascii=False).encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return "--".join([*(_slug(part) for part in readable if _slug(part)), digest])


def run_name(run: Mapping[str, object]) -> str:
    """Id of a run from the columns of ``RUN_KEY``."""
    return _name([str(run["model_id"]), str(run["task_id"])], [run[name] for name in RUN_KEY])


def ladder_name(family: str, axis: str, setting: Mapping[str, object]) -> str:
    """Id of a ladder from its family, axis and setting (``task_id``, ``n_shots``, ``prompting``, ``filter``)."""
    exact = [family, axis, *(setting[name] for name in ("task_id", "n_shots", "prompting", "filter"))]
    return _name([family, str(setting["task_id"])], exact)
