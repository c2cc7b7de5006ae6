"""What a log of Inspect says about itself: version, model, task, setting, scores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from flows.sources import values
from flows.sources.registry import UnreadableFileError

HEADER = "header.json"
START = "_journal/start.json"
NEWEST_VERSION = 3
SHOT_KEYS = ("num_fewshot", "n_fewshot", "fewshot", "num_shots", "n_shots", "shots", "k_shot")


@dataclass(frozen=True)
class Header:
    """A log without its samples.

    Attributes:
        said: Its content: of ``header.json``, of ``_journal/start.json`` where that is missing, or of a document.
    """

    said: Mapping[str, Any]

    def __post_init__(self) -> None:
        """Refuse what a newer version wrote.

        Raises:
            UnreadableFileError: It is no log, or a newer one.
        """
        version = values.whole(self.said.get("version"))
        if version is not None and version > NEWEST_VERSION:
            reason = f"a log of Inspect of version {version}; versions up to {NEWEST_VERSION} are read"
            raise UnreadableFileError("newer_version", f"{reason}; update mirage or convert the log")
        if not values.mapping(self.said.get("eval")):
            raise UnreadableFileError("not_a_log", "a log of Inspect needs an object `eval`, and this one has none")

    @cached_property
    def eval(self) -> Mapping[str, Any]:
        """The section ``eval``."""
        return values.mapping(self.said.get("eval"))

    @cached_property
    def model_id(self) -> str | None:
        """Provider and name, with the revision where one was asked for."""
        name = values.text(self.eval.get("model"))
        revision = values.text(values.of_path(self.eval, "model_args", "revision"))
        return name if not name or revision in (None, "", "main") else f"{name}@{revision}"

    @cached_property
    def task_id(self) -> str | None:
        """The task."""
        return values.text(self.eval.get("task"))

    @cached_property
    def parameters(self) -> list[Mapping[str, Any]]:
        """Arguments of the task and of every step of the plan."""
        steps = values.sequence(values.of_path(self.said, "plan", "steps"))
        return [
            values.mapping(self.eval.get("task_args")),
            *(values.mapping(values.of_path(step, "params")) for step in steps),
        ]

    @cached_property
    def n_shots(self) -> int | None:
        """Examples in the prompt. No field says it, so arguments of that name are taken; else None."""
        found = (values.whole(given.get(key)) for given in self.parameters for key in SHOT_KEYS)
        return next((n for n in found if n is not None), None)

    @cached_property
    def prompting(self) -> str | None:
        """``cot`` or ``direct`` where an argument ``cot`` says it."""
        found = [given["cot"] for given in self.parameters if isinstance(given.get("cot"), bool)]
        return None if not found else "cot" if found[0] else "direct"

    @cached_property
    def results(self) -> Mapping[str, Any]:
        """The section ``results``."""
        return values.mapping(self.said.get("results"))

    @cached_property
    def n_samples(self) -> int | None:
        """Samples that were completed, epochs counted singly."""
        return values.whole(self.results.get("completed_samples"))

    @cached_property
    def averages_epochs(self) -> bool:
        """Repeats of an item are averaged, as is the default."""
        reducers = values.of_path(self.eval, "config", "epochs_reducer")
        return reducers in (None, "mean", ["mean"])

    @cached_property
    def scorers(self) -> list[str]:
        """Names of the scorers, in order."""
        return list(dict.fromkeys(name for name, _, _ in self.scores()))

    def scores(self) -> Iterator[tuple[str, str, float]]:
        """Scorer, metric and value."""
        listed = values.sequence(self.results.get("scores"))
        if not listed and "metrics" in self.results:
            # before there could be several scorers
            listed = [{**values.mapping(self.results.get("scorer")), "metrics": self.results["metrics"]}]
        for entry in map(values.mapping, listed):
            for metric, found in values.mapping(entry.get("metrics")).items():
                value = values.number(found.get("value") if isinstance(found, dict) else found)
                if value is not None:
                    yield str(entry.get("name")), metric, value
