"""The study: what to read, which models form ladders, how verdicts are set."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, Field, SerializeAsAny, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

import metrics.catalogue  # noqa: F401 - enters the metrics in the registry
from flows.runners.names import RUNNERS, is_runner
from flows.sources.registry import SourceSettings
from flows.study_parts import STRICT, Facts, Family, ModelEntry, Task
from flows.study_problems import did_you_mean
from flows.study_service import Notify, Retention, Service
from metrics.cells import CELL_METRICS
from metrics.constants import RECOMMENDED_METHOD, Constants
from metrics.file_tokens import TokenizerFileError
from metrics.plugins import Plugins, is_plugin
from metrics.registry import METRICS, MetricError, default_metrics, find
from metrics.tokenizers import use_tokenizer
from metrics.tokens import TOKENIZATIONS
from warehouse.lake.address import EXAMPLES, LakeAddress, LakeAddressError, is_lake, parse_address


def _metric_name(name: str) -> str:
    """The name, if it is one of a metric; there are too many to list them all in a message."""
    if name in CELL_METRICS or is_plugin(name):
        return name
    try:
        find(name)
    except MetricError:
        known = [*METRICS, *CELL_METRICS]
        step = f"{did_you_mean(name, known)} `mirage metrics` lists all {len(known)}.".lstrip()
        raise PydanticCustomError("unknown", "this metric is not known", {"next_step": step}) from None
    return name


class Study(BaseModel):
    """A study file, valid as a whole; paths are resolved by the properties.

    Attributes:
        path: The file.
        output_folder: Folder that ``warehouse`` and ``reports`` are relative to.
        name: Name for people.
        warehouse: The DuckDB file, or the URL of a lake (``ducklake:…``).
        reports: Folder of the pages.
        seed: Seeds every resampling.
        tokenizers: Name of a tokenisation to its file, a tokenizer.json.
        tokenization: Tokens that the verdict's smooth metric counts.
        metrics: Names of metrics to score, of outputs or of runs as a whole, or ``module:function`` of a user's own;
            None: those scored by default.
        runner: Where they are worked on: ``auto``, ``threads``, ``processes``, ``dask``, or ``dask:`` and the address
            of a scheduler.
        workers: Shards or files worked on at a time.
        models: CSV file with facts about models, or the facts themselves.
        facts: Published models and claims beside those of the program.
        sources: What to read.
        families: Which models form ladders.
        tasks: What is known of tasks, by ``task_id``.
        verdict: Constants of the verdict procedure that differ from the defaults.
        notify: Whom to tell what.
        service: How scheduled runs behave.
        retention: What ``mirage gc`` leaves.
    """

    model_config = STRICT

    path: Path
    output_folder: Path
    name: Annotated[str, Field(min_length=1)]
    warehouse: str = "out/mirage.duckdb"
    reports: str = "out/reports"
    seed: Annotated[int, Field(ge=0)] = 0
    tokenizers: dict[str, str] = {}
    tokenization: str = "char"
    metrics: tuple[Annotated[str, AfterValidator(_metric_name)], ...] | None = None
    runner: str = "auto"
    workers: Annotated[int, Field(ge=1, le=64)] = 2
    models: str | tuple[ModelEntry, ...] = ()
    facts: Facts = Facts()
    sources: tuple[SerializeAsAny[SourceSettings], ...] = ()
    families: Annotated[tuple[Family, ...], Field(min_length=1)]
    tasks: dict[str, Task] = {}
    verdict: dict[str, Any] = {}
    notify: Notify = Notify()
    service: Service = Service()
    retention: Retention = Retention()

    @field_validator("warehouse")
    @classmethod
    def _is_a_warehouse(cls, value: str, info: ValidationInfo) -> str:
        if is_lake(value):
            try:
                parse_address(value, info.data["output_folder"])
            except LakeAddressError as error:
                context = {"problem": error.problem, "next_step": f"Write for instance {EXAMPLES}."}
                raise PydanticCustomError("lake", "{problem}", context) from None
            return value
        if not value.endswith(".duckdb") or value.endswith(".published.duckdb"):
            step = 'Name a file that ends in .duckdb, as in "out/mirage.duckdb".'
            raise PydanticCustomError("warehouse", "is not the name of a warehouse file", {"next_step": step})
        return value

    @field_validator("tokenizers")
    @classmethod
    def _can_be_used(cls, files: dict[str, str], info: ValidationInfo) -> dict[str, str]:
        for name, file in files.items():
            try:
                use_tokenizer(name, info.data["path"].parent / file)
            except TokenizerFileError as error:
                step = 'Write name = "file", as in llama = "llama/tokenizer.json".'
                context = {"problem": str(error), "next_step": step}
                raise PydanticCustomError("tokenizer", "{problem}", context) from None
        return files

    @field_validator("tokenization")
    @classmethod
    def _is_a_tokenization(cls, value: str) -> str:
        if value not in TOKENIZATIONS:
            raise _not_among(value, TOKENIZATIONS, "tokenization")
        return value

    @field_validator("runner")
    @classmethod
    def _can_run(cls, value: str) -> str:
        if not is_runner(value):
            raise _not_among(value, [*RUNNERS, "dask:tcp://HOST:PORT"], "runner")
        return value

    @field_validator("families")
    @classmethod
    def _differ_in_name(cls, families: tuple[Family, ...]) -> tuple[Family, ...]:
        names = [family.name for family in families]
        for name in sorted({name for name in names if names.count(name) > 1}):
            step = "Give one of them another name."
            raise PydanticCustomError("doubled", f"two families bear the name {name!r}", {"next_step": step})
        return families

    def model_post_init(self, context: object) -> None:
        """Enter the metrics on extracted answers in the catalogue, which is stored before they are scored."""
        for name in self._extracted:
            find(name)

    @property
    def folder(self) -> Path:
        """Folder of the study file, which sources and model facts are relative to."""
        return self.path.parent

    @property
    def warehouse_path(self) -> Path:
        """The working file; of a lake, the link to it."""
        if self.lake is not None:
            return self.output_folder / "out" / f"{self.lake.schema}.lake"
        return self.output_folder / self.warehouse

    @cached_property
    def lake(self) -> LakeAddress | None:
        """The lake that is the warehouse; None: it is a file."""
        return parse_address(self.warehouse, self.output_folder) if is_lake(self.warehouse) else None

    @property
    def reports_path(self) -> Path:
        """Folder of the pages."""
        return self.output_folder / self.reports

    @property
    def work_path(self) -> Path:
        """Folder for staged files and for Prefect, beside the warehouse; may be removed between runs."""
        return self.warehouse_path.with_suffix(".work")

    @property
    def metric_names(self) -> tuple[str, ...]:
        """Metrics of outputs to score; those that a verdict needs are always among them.

        Raises:
            PluginError: A metric of the user's own is not loaded (``flows.plugins.load_plugins``).
        """
        needed = ("exact_match", f"per_token_accuracy_{self.tokenization}", f"target_length_{self.tokenization}")
        wanted = [metric.name for metric in default_metrics()] if self.metrics is None else self.metrics
        names = (self.plugins.name_of(name) if is_plugin(name) else name for name in [*wanted, *needed])
        return tuple(name for name in dict.fromkeys([*names, *self._extracted]) if name not in CELL_METRICS)

    @property
    def _extracted(self) -> list[str]:
        """Metrics on the answers that the rules named for sources and tasks find, beside those on whole outputs."""
        lists = [source.extractions for source in self.sources] + [task.extractions for task in self.tasks.values()]
        rules = dict.fromkeys(rule for names in lists for rule in names)
        bases = ("exact_match", f"token_edit_similarity_{self.tokenization}")
        of_verdicts = dict.fromkeys(task.answer for task in self.tasks.values() if task.answer is not None)
        needed = ("exact_match", f"per_token_accuracy_{self.tokenization}")
        names = [f"{base}__{rule}" for rule in rules for base in bases]
        return list(dict.fromkeys([*names, *(f"{base}__{rule}" for rule in of_verdicts for base in needed)]))

    @property
    def plugins(self) -> Plugins:
        """What the study adds to the catalogue: metrics of a user's own, tokenisations from files."""
        specs = tuple(name for name in self.metrics or () if is_plugin(name))
        return Plugins(self.folder, specs, tuple((name, self.folder / file) for name, file in self.tokenizers.items()))

    @property
    def run_metric_names(self) -> tuple[str, ...]:
        """Metrics of runs as a whole to score: those that the study names."""
        return tuple(dict.fromkeys(name for name in self.metrics or () if name in CELL_METRICS))

    @cached_property
    def constants(self) -> Constants:
        """Constants of the verdict procedure."""
        return Constants(**({"method": RECOMMENDED_METHOD} | self.verdict))

    def task(self, task_id: str) -> Task:
        """What is known of a task; the defaults where the study says nothing."""
        return self.tasks.get(task_id, Task())

    @property
    def run_defaults(self) -> dict[str, dict[str, object]]:
        """By task, what the study says of runs whose log does not say it."""
        fields = {"n_shots", "prompting"}
        said = {name: task.model_dump(include=fields, exclude_none=True) for name, task in self.tasks.items()}
        return {name: values for name, values in said.items() if values}

    @property
    def fingerprint(self) -> str:
        """Hash of everything in the file that pages show."""
        beside = {"path", "output_folder", "notify", "service", "retention", "runner"}
        return hashlib.sha256(self.model_dump_json(exclude=beside).encode()).hexdigest()[:16]


def _not_among(value: str, known: Iterable[str], what: str) -> PydanticCustomError:
    allowed = tuple(known)
    context = {"allowed": list(allowed), "next_step": did_you_mean(value, allowed)}
    return PydanticCustomError("unknown", f"{value!r} is no {what}", context)
