"""``mirage gc``, ``mirage forget`` and ``mirage remember``: what may go, what must go, and what may come back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from flows.cli_errors import EXIT_CODES, errors_shown, print_json
from flows.commands.shared import StudyOption, WaitOption
from metrics.errors import MirageError

if TYPE_CHECKING:
    from warehouse.forget import Matches

KindArgument = Annotated[
    Literal["run", "model", "source"],
    typer.Argument(help="What PATTERN names: run_id of runs, model_id of models, or uri of files."),
]
PatternArgument = Annotated[str, typer.Argument(metavar="PATTERN", help="A name; *, ? and […] stand for others.")]
DryOption = Annotated[bool, typer.Option("--dry-run", help="Say what would go, and leave it.")]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the answer as JSON on standard output.")]


def add(app: typer.Typer) -> None:
    """Put the commands into the application."""
    app.command(epilog=EXIT_CODES)(gc)
    app.command(epilog=EXIT_CODES)(forget)
    app.command(epilog=EXIT_CODES)(remember)


def gc(
    study: StudyOption = None, dry_run: DryOption = False, wait: WaitOption = None, as_json: JsonOption = False
) -> None:
    """Remove what nothing needs: left-overs, old backups, unused caches, old publications, empty space."""
    with errors_shown(as_json):
        from flows.console import Terminal, stderr_console
        from flows.service.cleanup import collect
        from flows.study_file import load_study

        console = stderr_console()
        with Terminal(console) as terminal:
            found = collect(load_study(study), terminal, wait, dry_run=dry_run)
        if as_json:
            print_json(
                {"dry_run": dry_run, "removed": [{"what": f.what, "why": f.why, "bytes": f.size_bytes} for f in found]}
            )
            return
        for litter in found:
            size = "" if litter.size_bytes is None else f"{litter.size_bytes / 2**20:,.1f} MiB  "
            console.print(f"{size}{litter.what}: {litter.why}", highlight=False, markup=False)
        total = sum(litter.size_bytes or 0 for litter in found) / 2**20
        said = "Would free" if dry_run else "Freed"
        console.print(f"{said} {total:,.1f} MiB." if found else "Nothing to remove.", highlight=False)


def forget(
    kind: KindArgument,
    pattern: PatternArgument,
    study: StudyOption = None,
    dry_run: DryOption = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    wait: WaitOption = None,
    as_json: JsonOption = False,
) -> None:
    """Remove runs, models or files for good: from the warehouse, its snapshot, backups and pages.

    Ladders that lose runs are analysed again. The log files themselves stay where they are, and are not read again
    until `mirage remember`. Logs of runs and Prefect's own records may still hold their names.
    """
    with errors_shown(as_json):
        from flows.console import Terminal, stderr_console
        from flows.service.cleanup import forget_for_good, matching
        from flows.study_file import load_study

        loaded = load_study(study)
        if not loaded.warehouse_path.exists():
            raise MirageError(f"there is no warehouse {loaded.warehouse_path}; nothing can be removed from it")
        matches = matching(loaded, kind, pattern)
        if matches.is_empty:
            raise MirageError(f"no {kind} matches {pattern!r}; see what there is with: {_look(kind, study)}")
        console = stderr_console()
        if not as_json:
            console.print(describe(matches), highlight=False, markup=False)
        if not dry_run:
            if not (yes or as_json) and not typer.confirm("Remove this for good?", err=True):
                raise typer.Exit(1)
            with Terminal(console) as terminal:
                matches, outcome = forget_for_good(loaded, kind, pattern, terminal, wait)
            if not as_json:
                console.print(f"Removed. {outcome.published}; {outcome.pages}.", highlight=False)
        if as_json:
            names = ("run_ids", "uris", "model_ids", "ladder_ids", "n_samples")
            print_json({"dry_run": dry_run} | {name: getattr(matches, name) for name in names})


def remember(kind: KindArgument, pattern: PatternArgument, study: StudyOption = None, wait: WaitOption = None) -> None:
    """Let something forgotten be read again by the next run; PATTERN as it was given to `mirage forget`."""
    with errors_shown(as_json=False):
        from flows.console import Terminal, stderr_console
        from flows.service.cleanup import list_forgotten, remembered
        from flows.study_file import load_study

        loaded, console = load_study(study), stderr_console()
        if (kind, pattern) not in (known := list_forgotten(loaded)):
            names = ", ".join(f"{kind} {pattern}" for kind, pattern in known) or "nothing"
            raise MirageError(f"{kind} {pattern!r} is not forgotten; forgotten is: {names}")
        with Terminal(console) as terminal:
            remembered(loaded, kind, pattern, terminal, wait)
        console.print("The next run reads it again.")


def describe(matches: Matches) -> str:
    """What would go, in words."""
    parts = [
        f"{len(names):,} {what}" + ("" if len(names) == 1 else "s")
        for what, names in (("run", matches.run_ids), ("file", matches.uris), ("model", matches.model_ids))
        if names
    ]
    shown = [*matches.run_ids, *matches.uris, *matches.model_ids][:3]
    text = f"{', '.join(parts)} ({', '.join(shown)}, …), {matches.n_samples:,} samples"
    return text + f"; {len(matches.ladder_ids)} ladder(s) lose runs and are analysed again."


def _look(kind: str, study: Path | None) -> str:
    table, column = {"run": ("run", "run_id"), "model": ("model", "model_id"), "source": ("source_file", "uri")}[kind]
    option = "" if study is None else f" --study {study}"
    return f'mirage sql "SELECT {column} FROM {table}"{option}'
