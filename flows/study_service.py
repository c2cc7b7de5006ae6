"""The parts of a study file that concern runs as a service: when they run, whom they tell, what they keep."""

from __future__ import annotations

import re
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator
from pydantic_core import PydanticCustomError

from flows.study_problems import SECRET

STRICT = ConfigDict(extra="forbid", frozen=True)
Kind = Literal["verdicts", "findings", "failures"]
KINDS: tuple[Kind, ...] = ("verdicts", "findings", "failures")


class Notify(BaseModel):
    """Whom to tell what.

    Attributes:
        urls: ``env:NAME`` each: the environment variable that holds an Apprise URL, since such a URL is a secret.
        on: What to tell: changed ``verdicts``, new ``findings`` (errors and warnings), ``failures``.
    """

    model_config = STRICT

    urls: tuple[str, ...] = ()
    on: tuple[Kind, ...] = KINDS

    @field_validator("urls")
    @classmethod
    def _come_from_the_environment(cls, urls: tuple[str, ...]) -> tuple[str, ...]:
        for url in urls:
            if not re.fullmatch(r"env:[A-Za-z_][A-Za-z0-9_]*", url):
                step = 'Put the URL into an environment variable and write urls = ["env:ITS_NAME"].'
                raise PydanticCustomError(SECRET, "holds a URL; URLs of messages are secrets", {"next_step": step})
        return urls


class Service(BaseModel):
    """How scheduled runs behave.

    Attributes:
        cron: When ``mirage serve`` runs the study, as five cron fields; None: named on the command line.
        timezone: Time zone of ``cron``.
        overlap: A run that comes due while another goes on is to ``wait`` for it or to be ``skip``ped.
        timeout_seconds: A run that takes longer is cancelled; None: without limit.
        log: File to which every run appends JSON lines, relative to the study file; None: no log.
        pages_url: Where people open the folder of the pages, for links in Prefect and in messages; None: no web server
            shows it, and links lead to files of this machine.
        blocks: By environment variable, the Secret block of the Prefect server that a run under Prefect fills it from,
            where it is not set.
        prometheus: File in which every run leaves its figures in the text format of Prometheus; None: no figures.
    """

    model_config = STRICT

    cron: str | None = None
    timezone: str = "UTC"
    overlap: Literal["wait", "skip"] = "wait"
    timeout_seconds: Annotated[float | None, Field(gt=0)] = None
    log: str | None = None
    pages_url: str | None = None
    blocks: dict[str, str] = Field(default_factory=dict)
    prometheus: str | None = None

    @field_validator("pages_url")
    @classmethod
    def _is_url(cls, value: str | None) -> str | None:
        if value is not None and not re.match(r"https?://[^/@\s]+(/|$)", value):
            step = 'Write the address of the folder as browsers need it, as in "https://intranet/mirage/study".'
            raise PydanticCustomError("pages_url", "is no web address without a password", {"next_step": step})
        return None if value is None else value.rstrip("/")

    @field_validator("cron")
    @classmethod
    def _is_cron(cls, value: str | None) -> str | None:
        if value is not None and len(value.split()) != 5:
            step = 'Write minute, hour, day, month and weekday, as in "0 3 * * *" for every night at three.'
            raise PydanticCustomError("cron", "is not five cron fields", {"next_step": step})
        return value


class Retention(BaseModel):
    """What ``mirage gc`` leaves.

    Attributes:
        generations: Publications whose verdicts stay for comparison.
        backups: Copies of the warehouse made before migrations.
        cache_days: Days that cached downloads and drawings stay after their last use.
    """

    model_config = STRICT

    generations: Annotated[int, Field(ge=2)] = 100
    backups: Annotated[int, Field(ge=0)] = 1
    cache_days: Annotated[float, Field(ge=0)] = 30
