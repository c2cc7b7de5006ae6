"""``mirage calibrate``: measure the error rates of the verdict on ladders with known truth."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from flows.cli_errors import EXIT_CODES, errors_shown, print_json
from metrics.errors import MirageError

SMOKE_EVERY, SMOKE_FAMILIES = 13, 2
FULL_FAMILIES = 18
DEFAULT_FAMILIES = 5

SmokeOption = Annotated[bool, typer.Option("--smoke", help="A few cells only, to see that everything works.")]
FullOption = Annotated[bool, typer.Option("--full", help=f"The whole table: {FULL_FAMILIES} families of 24 a cell.")]
FamiliesOption = Annotated[int | None, typer.Option(min=1, metavar="N", help="Families of 24 tasks in every cell.")]
CellOption = Annotated[
    str, typer.Option("--cell", metavar="PATTERN", help="Only cells whose name fits, as in s8-r1-sd0.25-*.")
]
SeedOption = Annotated[int, typer.Option(min=0, help="Seed of every simulated ladder.")]
OutOption = Annotated[Path, typer.Option(metavar="FOLDER", help="Keeps measured rows; a second call goes on there.")]
WorkersOption = Annotated[int | None, typer.Option(min=1, help="Processes; without it, one a CPU.")]


def add(app: typer.Typer) -> None:
    """Put the command into the application."""
    app.command(epilog=EXIT_CODES)(calibrate)


def calibrate(
    smoke: SmokeOption = False,
    full: FullOption = False,
    families: FamiliesOption = None,
    cell: CellOption = "*",
    seed: SeedOption = 20,
    out: OutOption = Path("calibration"),
    workers: WorkersOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the bars as JSON on standard output.")] = False,
) -> None:
    """Measure false breaks, power and the share decided on simulated ladders.

    Writes operating-characteristics.md and .csv into the folder. What was measured before is not measured again.
    """
    with errors_shown(as_json):
        if smoke and (full or families):
            raise MirageError("--smoke has a size of its own; leave out --full and --families, or --smoke")
        from dataclasses import asdict
        from fnmatch import fnmatch

        from flows.console import stderr_console
        from metrics.calibration.rates import CELL, bars, characteristics
        from metrics.calibration.run import measure_all, shards
        from metrics.calibration.table import markdown
        from metrics.constants import RECOMMENDED_METHOD, Constants

        count = SMOKE_FAMILIES if smoke else families or (FULL_FAMILIES if full else DEFAULT_FAMILIES)
        every = list(shards(count, seed, Constants(method=RECOMMENDED_METHOD), SMOKE_EVERY if smoke else 1))
        wanted = [shard for shard in every if fnmatch(shard.cell.name, cell)]
        if not wanted:
            names = ", ".join(sorted({shard.cell.name for shard in every}))
            raise MirageError(f"no cell fits --cell {cell!r}; there are {names}")
        console = stderr_console()
        with console.status(f"Measuring {len(wanted)} families of 24 ladders; interrupt and go on at any time."):
            rows = measure_all(wanted, out / "rows", workers or os.cpu_count() or 1)
        text = markdown(rows, seed)
        (out / "operating-characteristics.md").write_text(text, encoding="utf-8")
        characteristics(rows, ("route", *CELL)).write_csv(out / "operating-characteristics.csv")
        if as_json:
            print_json({"ladders": rows.height // 2, "seed": seed, "bars": [asdict(bar) for bar in bars(rows)]})
        else:
            typer.echo(text)
