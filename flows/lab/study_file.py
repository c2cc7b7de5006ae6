"""The study file that goes with a trained family."""

from __future__ import annotations

from flows.lab.family import FamilyPlan
from flows.lab.tasks import TASKS, Task

CHANCE = {"parity3of12": 0.5}
PROMPTING = {"chain": "direct", "chain_cot": "cot"}

_HEAD = """\
# Outputs of a family of small transformers; see README.md beside.

name = "{name}"
models = "models.csv"
tokenization = "char"

[[sources]]
format = "table"
uri = "outputs-*.parquet"
n_shots = 0
mapping = {{ targets = "target" }}

[[families]]
name = "{name}"
title = "{name} transformers by size"
models = "{name}-d*-seed?"
axis = "n_params"
"""

_OVER_TRAINING = """
[[families]]
name = "{name}-d{width} over training"
title = "{name} transformers of width {width}, over training"
models = "{name}-d{width}-seed{seeds}*"
axis = "train_tokens"
"""


def study_file(plan: FamilyPlan) -> str:
    """TOML text of a study with a ladder of sizes and one over training for each width that wrote on the way."""
    parts = [_HEAD.format(name=plan.name)]
    for width, n_seeds in plan.checkpoint_widths:
        if width in plan.widths and n_seeds:
            seeds = "?" if n_seeds == len(plan.seeds) else f"[{''.join(map(str, plan.seeds[:n_seeds]))}]"
            parts.append(_OVER_TRAINING.format(name=plan.name, width=width, seeds=seeds))
    parts.append("\n[tasks]\n" + "".join(_task_line(task) for task in TASKS))
    return "".join(parts)


def _task_line(task: Task) -> str:
    fields = [f'title = "{task.title}"']
    if task.name in CHANCE:
        fields.append(f"chance = {CHANCE[task.name]}")
    if task.name in PROMPTING:
        fields.append(f'prompting = "{PROMPTING[task.name]}"')
    return f"{task.name} = {{ {', '.join(fields)} }}\n"
