"""Reading a study file; every mistake in it is told at once, at its place."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from flows.sources.registry import SourceSettings, sources
from flows.study import Study
from flows.study_problems import Problem, StudyError, did_you_mean, problems_of
from metrics.constants import ConstantError, Constants

FROM_FILE = [name for name in Study.model_fields if name not in {"path", "output_folder"}]


def embedded_study() -> Path:
    """The study that ships with the program: raw outputs of a family of small transformers."""
    return Path(str(files("flows").joinpath("demo", "study.toml")))


def load_study(path: Path | None) -> Study:
    """Read a study file, or the embedded one; its output goes beside the file, that of the embedded one here.

    Raises:
        StudyError: It cannot be read, or holds mistakes; every mistake is in the error.
    """
    file = embedded_study() if path is None else path.resolve()
    table = _read_toml(file)
    output_folder = Path.cwd() if path is None else file.parent
    return _validated(file, output_folder, table)


def _read_toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        step = "Name a study file, or none to run the embedded study."
        raise StudyError(path, [Problem("", None, "there is no such file", next_step=step)]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise StudyError(path, [Problem("", None, f"cannot be read: {error}")]) from error
    except tomllib.TOMLDecodeError as error:
        step = "Texts stand in quotes, tables in [brackets]."
        raise StudyError(path, [Problem("", None, f"is not TOML: {error}", next_step=step)]) from error


def _validated(path: Path, output_folder: Path, table: dict[str, Any]) -> Study:
    problems: list[Problem] = []
    read = _sources(table.get("sources"), problems)
    _check_verdict(table.get("verdict", {}), problems)
    own = {name: value for name, value in table.items() if name not in {"path", "output_folder"}}
    problems += [_unknown_key(name) for name in table if name not in own]
    try:
        study = Study(**{**own, "sources": read, "path": path, "output_folder": output_folder})
    except ValidationError as error:
        problems += [_only_own_keys(problem) for problem in problems_of(error, Study)]
    if problems:
        problems += _missing_files(path.parent, table)
        raise StudyError(path, sorted(problems, key=lambda problem: _place(problem.key, table)))
    return study


def _missing_files(folder: Path, table: Mapping[str, Any]) -> list[Problem]:
    """CSV files that are named and not there, told with other mistakes; alone they stop the pull, and nothing else."""
    facts = table.get("facts")
    named = {"models": table.get("models")}
    named |= {f"facts.{name}": file for name, file in facts.items()} if isinstance(facts, dict) else {}
    return [
        Problem(key, repr(file), f"there is no such file in {folder}", next_step="Name a CSV file beside the study.")
        for key, file in named.items()
        if isinstance(file, str) and not (folder / file).is_file()
    ]


def _sources(entries: object, problems: list[Problem]) -> list[SourceSettings]:
    """Settings by the model of their format; what is wrong with them goes into ``problems``."""
    if entries is None:
        problems.append(Problem("sources", None, "this key is missing", next_step="Add a [[sources]] with `uri = …`."))
        return []
    if not isinstance(entries, list) or not entries or not all(isinstance(entry, dict) for entry in entries):
        step = "Write one [[sources]] for each set of files."
        problems.append(Problem("sources", repr(entries)[:60], "is not a list of tables", next_step=step))
        return []
    read = []
    for number, entry in enumerate(entries):
        model = _settings_model(entry, number, problems)
        try:
            read.append(model(**entry))
        except ValidationError as error:
            problems += problems_of(error, model, ("sources", number))
    return read


def _settings_model(entry: Mapping[str, Any], number: int, problems: list[Problem]) -> type[SourceSettings]:
    name = entry.get("format")
    if name is None:
        # A mapping is the mark of a table; without one the file itself must say what it is.
        return sources()["table"].settings if {"mapping", "constants"} & set(entry) else SourceSettings
    if name in sources():
        return sources()[name].settings
    known = tuple(sources())
    key = f"sources[{number}].format"
    problems.append(Problem(key, repr(name), "is no format", known, did_you_mean(str(name), known)))
    return sources()["table"].settings


def _check_verdict(overrides: object, problems: list[Problem]) -> None:
    if not isinstance(overrides, dict):
        return
    known = tuple(Constants.__dataclass_fields__)
    for name, value in overrides.items():
        key = f"verdict.{name}"
        if name not in known:
            step = did_you_mean(name, known) or "See the list of constants in the documentation."
            problems.append(Problem(key, None, "this constant is not known", known, step))
            continue
        default = Constants.__dataclass_fields__[name].default
        try:
            Constants(**{name: value})
        except ConstantError as error:
            problems.append(Problem(key, repr(value), f"must be {error.allowed}"))
        except (TypeError, ValueError):
            problems.append(Problem(key, repr(value), "does not fit", next_step=f"It is {default!r} by default."))


def _unknown_key(name: str) -> Problem:
    return Problem(name, None, "this key is not known", tuple(FROM_FILE), "Remove it.")


def _only_own_keys(problem: Problem) -> Problem:
    allowed = tuple(name for name in problem.allowed if name not in {"path", "output_folder"})
    return Problem(problem.key, problem.got, problem.what, allowed, problem.next_step)


def _place(key: str, table: Mapping[str, Any]) -> tuple[int, str]:
    """Sorts problems in the order of the file."""
    top = key.split(".")[0].split("[")[0]
    return (list(table).index(top) if top in table else len(table), key)
