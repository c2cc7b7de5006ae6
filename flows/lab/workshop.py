"""What training a family does, without Prefect: which models are missing, train them, pack what is there."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from flows.lab.card import data_card
from flows.lab.family import FamilyPlan, Member, is_trained, pack_family, train_member
from flows.lab.study_file import study_file
from metrics.errors import MirageError


class LabUnavailableError(MirageError):
    """The training extra is not installed."""

    def __init__(self) -> None:
        super().__init__("training needs torch, which is not installed; install the extra: make setup-lab")


@dataclass(frozen=True)
class Trained:
    """A family on disk: where its study file is, how many models were trained now and how many there are."""

    study: Path
    n_trained: int
    n_models: int


def require_torch() -> None:
    """Raise LabUnavailableError unless torch can be imported."""
    try:
        import torch  # noqa: F401
    except ImportError:
        raise LabUnavailableError from None


def members_to_train(plan: FamilyPlan, folder: Path) -> list[Member]:
    """Models of the plan whose files are not there."""
    return [member for member in plan.members() if not is_trained(member, folder / "models")]


def train_family(
    plan: FamilyPlan, folder: Path, progress: Callable[[Member, int, float], None] | None = None
) -> Trained:
    """Train what is missing and pack the family; ``progress`` hears of the model, its step and loss (nats)."""
    require_torch()
    to_train = members_to_train(plan, folder)
    for member in to_train:
        report = None if progress is None else _bound(progress, member)
        train_member(plan, member, folder / "models", report)
    return finish(plan, folder, len(to_train))


def _bound(progress: Callable[[Member, int, float], None], member: Member) -> Callable[[int, float], None]:
    return lambda step, loss: progress(member, step, loss)


def finish(plan: FamilyPlan, folder: Path, n_trained: int) -> Trained:
    """Pack the outputs of all models; write the study file and the data card beside them."""
    packed = pack_family(plan, folder / "models", folder)
    study = folder / "study.toml"
    study.write_text(study_file(plan), encoding="utf-8")
    (folder / "README.md").write_text(data_card(plan, pl.read_csv(packed.models)), encoding="utf-8")
    return Trained(study, n_trained, len(plan.members()))
