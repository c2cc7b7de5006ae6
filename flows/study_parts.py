"""Tables of the study file: families, tasks, models, facts."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from flows.sources.registry import TextList, known_extractions

Axis = Literal[
    "n_params", "n_params_non_embedding", "train_tokens", "train_flops", "train_loss", "kaplan_loss", "chinchilla_loss"
]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]
STRICT = ConfigDict(extra="forbid", frozen=True)


class Family(BaseModel):
    """Models that differ in scale only.

    Attributes:
        name: Name in the warehouse.
        title: Name for people; the name itself where None.
        models: Glob patterns on ``model_id``.
        axis: Scale that orders them.
        tasks: Glob patterns on ``task_id``; all tasks by default.
    """

    model_config = STRICT

    name: Annotated[str, Field(min_length=1)]
    title: str | None = None
    models: Annotated[TextList, Field(min_length=1)]
    axis: Axis = "n_params"
    tasks: TextList = ("*",)


class Task(BaseModel):
    """What is known of a task beyond its logs.

    Attributes:
        title: Name for people.
        chance: Exact match by guessing, [0,1).
        cluster: What groups items that are not independent: the log's ``cluster``, its ``category``, or none.
        n_shots: Examples in the prompt, where the log does not say.
        prompting: ``direct``, ``cot``, …, where the log does not say.
        extractions: Rules that read the answer out of an output, scored side by side.
        answer: The rule whose answers verdicts rest on; None: on whole outputs.
    """

    model_config = STRICT

    title: str | None = None
    chance: Annotated[float, Field(ge=0, lt=1)] = 0.0
    cluster: Literal["cluster", "category", "none"] = "cluster"
    n_shots: Annotated[int | None, Field(ge=0)] = None
    prompting: str | None = None
    extractions: TextList = ()
    answer: str | None = None

    @field_validator("extractions")
    @classmethod
    def _are_extractions(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return known_extractions(names)

    @field_validator("answer")
    @classmethod
    def _is_an_extraction(cls, name: str | None) -> str | None:
        return None if name is None else known_extractions((name,))[0]


class ModelEntry(BaseModel):
    """Facts about one model: columns of table ``model``; what is left out is not known."""

    model_config = STRICT

    model_id: Annotated[str, Field(min_length=1)]
    family: str | None = None
    seed: int | None = None
    n_params: Positive | None = None
    n_params_non_embedding: Positive | None = None
    train_tokens: Positive | None = None
    train_flops: Positive | None = None
    train_flops_derived: bool | None = None
    train_loss: Positive | None = None


class Facts(BaseModel):
    """Published models and claims that a study adds to those of the program.

    Attributes:
        models: CSV file with the columns of the table ``fact_model`` and ``aliases``; None: none are added.
        claims: CSV file with the columns of the table ``fact_claim``; None: none are added.
    """

    model_config = STRICT

    models: str | None = None
    claims: str | None = None
