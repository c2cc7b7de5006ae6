"""Training a family as a Prefect flow: one task a model, one model at a time, resumable."""

from __future__ import annotations

from pathlib import Path

from prefect import flow, task
from prefect.artifacts import create_progress_artifact, update_progress_artifact

from flows.lab.family import FamilyPlan, Member, ModelRecord, train_member
from flows.lab.workshop import Trained, finish, members_to_train


@task(task_run_name="train {member.model_id}", retries=0)
def train_one(plan: FamilyPlan, member: Member, folder: Path) -> list[ModelRecord]:
    """Train one model; its files appear only when they are whole."""
    return train_member(plan, member, folder)


@flow(name="mirage-lab-train", flow_run_name="{plan.name}", validate_parameters=False)
def train_family_flow(plan: FamilyPlan, folder: Path) -> Trained:
    """Train every model of the plan that is not there yet, then pack their outputs beside a study file."""
    to_train = members_to_train(plan, folder)
    progress = create_progress_artifact(progress=0.0, key="training", description=f"{len(to_train)} models to train")
    for done, member in enumerate(to_train, start=1):
        train_one(plan, member, folder / "models")
        update_progress_artifact(artifact_id=progress, progress=100.0 * done / len(to_train))  # type: ignore[arg-type]
    return finish(plan, folder, len(to_train))
