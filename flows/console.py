"""What people see at a prompt: progress while it runs, a table at the end, errors in one panel. All on stderr."""

from __future__ import annotations

from itertools import groupby
from textwrap import shorten
from typing import TYPE_CHECKING, Any

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table
from rich.text import Text

from flows.moment import age, moment
from flows.summary import INTEREST, Summary, page_link, setting_in_words, sparkline, verdict_in_words

if TYPE_CHECKING:
    from flows.session import Outcome

STAGES = {
    "pull": "Read raw outputs",
    "score": "Score samples",
    "analyze": "Analyse ladders",
    "publish": "Publish snapshot",
    "report": "Write pages",
}
COLOURS = {
    "genuine_break": "bold green",
    "structure_change": "green",
    "mirage": "bold yellow",
    "seed_lottery": "yellow",
    "undetermined": "dim",
    "flat": "dim",
}
MOST_ROWS = 60
MOST_EARLIER = 3
"""Runs before the last one that are shown."""
MOST_FINDINGS = 12
SETTINGS = ("n_shots", "prompting", "filter")
WIDE = 140


class Terminal:
    """Progress on a terminal: bars where somebody watches, a line a stage where nobody does."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._bars: Progress | None = None
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Terminal:
        if self.console.is_terminal:
            columns = (SpinnerColumn(finished_text="✓"), TextColumn("{task.description}"), BarColumn(24))
            more = (MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("[dim]{task.fields[result]}"))
            self._bars = Progress(*columns, *more, console=self.console)
            self._bars.start()
        return self

    def __exit__(self, *exception: object) -> None:
        if self._bars is not None:
            self._bars.stop()

    def start(self, stage: str, total: int) -> None:
        """See ``flows.bench.Progress``."""
        if self._bars is not None:
            self._tasks[stage] = self._bars.add_task(STAGES[stage], total=total, result="")

    def advance(self, stage: str) -> None:
        """See ``flows.bench.Progress``."""
        if self._bars is not None:
            self._bars.advance(self._tasks[stage])

    def finish(self, stage: str, text: str) -> None:
        """See ``flows.bench.Progress``."""
        if self._bars is None:
            self.console.print(Text(f"{STAGES[stage]}: {text}"))
            return
        task = self._tasks[stage]
        total = self._bars.tasks[self._bars.task_ids.index(task)].total
        self._bars.update(task, total=total or 1, completed=total or 1, result=text)

    def say(self, text: str) -> None:
        """See ``flows.bench.Progress``."""
        self.console.print(Text(text))


def stderr_console() -> Console:
    """The console for people; standard output is left to machines."""
    return Console(stderr=True, highlight=False)


def show_outcome(console: Console, outcome: Outcome, summary: Summary | None) -> None:
    """Close a run: verdicts, findings, what was done, the page to open."""
    if summary is not None and summary.verdicts:
        console.print(*verdict_tables(summary, console.width), sep="\n")
    if summary is not None and summary.findings:
        console.print(finding_table(summary))
    console.print(Text(outcome_line(outcome)))
    if outcome.pages is not None:
        console.print(Text("Open ") + Text(page_link(outcome.pages.index), style="bold"))


def outcome_line(outcome: Outcome) -> str:
    """What a run came to, in one line."""
    if outcome.did_nothing and not outcome.is_partial:
        done = []
        if outcome.pulled is not None:
            done.append(str(outcome.pulled))
        if outcome.scored is not None and outcome.analyzed is None:
            done.append(str(outcome.scored))
        if outcome.analyzed is not None:
            done.append(f"{outcome.analyzed.n_ladders:,} ladders up to date")
        if outcome.pages is not None and not done:
            done.append("pages up to date")
        return f"Nothing to do: {', '.join(done)}."
    parts = (outcome.pulled, outcome.scored, outcome.analyzed, outcome.published, outcome.pages)
    return f"Done: {'; '.join(str(part) for part in parts if part is not None)}."


def verdict_tables(summary: Summary, width: int) -> list[RenderableType]:
    """A table a family, one row a ladder; the verdicts to look at first where there are too many to show.

    Args:
        summary: What to show.
        width: Characters a line; where they are few, the reason stands under its row.
    """
    rows = summary.verdicts
    if len(rows) > MOST_ROWS:
        chosen = sorted(rows, key=lambda row: INTEREST.index(row["verdict"]))[:MOST_ROWS]
        rows = [row for row in rows if row in chosen]
    told = frozenset(name for name in SETTINGS if len({row[name] for row in rows}) > 1)
    cells = [_verdict_cells(row, told) for row in rows]
    widths = [max(len(cell.plain) for cell in column) for column in zip(*cells, strict=True)]
    layout = _wide_table if width >= WIDE else _narrow_lines
    tables: list[RenderableType] = []
    for title, members in groupby(zip(rows, cells, strict=True), lambda pair: _family_title(pair[0])):
        tables.append(layout(title, [member for _, member in members], widths, width))
    if len(rows) < len(summary.verdicts):
        tables.append(Text(f"{len(rows)} of {len(summary.verdicts):,} ladders; all are in the pages", style="dim"))
    return tables


def _family_title(row: dict[str, Any]) -> str:
    return f"{row['family']}, by {row['axis']}"


def _wide_table(title: str, rows: list[list[Text]], widths: list[int], width: int) -> RenderableType:
    task, exact, smooth = min(widths[0], width // 4), max(widths[2], 11), max(widths[3], 6)
    verdict = min(max(widths[4], 7), 27)
    reason = max(width - (task + 5 + exact + smooth + verdict) - 5 * 2, 12)
    table = Table(title=Text(title, style="bold"), title_justify="left", box=None, header_style="dim", pad_edge=False)
    table.add_column("Task", overflow="fold", width=task)
    table.add_column("Sizes", justify="right", width=5)
    table.add_column("Exact match", no_wrap=True, width=exact)
    table.add_column("Smooth", no_wrap=True, width=smooth)
    table.add_column("Verdict", overflow="fold", width=verdict)
    table.add_column("Why", overflow="fold", width=reason)
    for *cells, why in rows:
        table.add_row(*cells, shorten(why.plain, 2 * reason, placeholder=" …"))
    return table


def _narrow_lines(title: str, rows: list[list[Text]], widths: list[int], width: int) -> RenderableType:
    lines: list[RenderableType] = [Text(title, style="bold")]
    for task, _, exact, smooth, verdict, why in rows:
        task.truncate(min(widths[0], 30), overflow="ellipsis", pad=True)
        exact.pad_right(widths[2] - len(exact.plain))
        smooth.pad_right(widths[3] - len(smooth.plain))
        lines.append(Text("  ").join((task, exact, smooth, verdict)))
        reason = shorten(why.plain, 2 * (width - 4), placeholder=" …")
        lines.append(Padding(Text(reason, style="dim"), (0, 0, 0, 2)))
    return Group(*lines)


def _verdict_cells(row: dict[str, Any], told: frozenset[str]) -> list[Text]:
    setting = setting_in_words({name: row[name] if name in told else None for name in SETTINGS})
    return [
        Text(row["task"]) + Text(f" {setting}" if setting else "", style="dim"),
        Text(str(row["n_scales"])),
        Text(sparkline(row["discontinuous_values"]), style="red"),
        Text(sparkline(row["smooth_values"]), style="blue"),
        Text(verdict_in_words(row), style=COLOURS.get(row["verdict"], "")),
        Text(row["reason"]),
    ]


def finding_table(summary: Summary) -> Table:
    """Findings by kind, the worst first, with one example each."""
    table = Table(box=None, header_style="dim", pad_edge=False, padding=(0, 1), title_justify="left")
    for name in ("Findings", "", "Kind"):
        table.add_column(name, no_wrap=True)
    table.add_column("Such as", overflow="fold", ratio=1)
    for row in summary.findings[:MOST_FINDINGS]:
        style = {"error": "red", "warning": "yellow"}.get(row["severity"], "dim")
        place = f"{row['place']}: " if row["place"] else ""
        example = Text(f"{place}{row['example']} → {row['action']}")
        table.add_row(Text(row["severity"], style=style), Text(f"{row['n']:,}"), Text(row["kind"]), example)
    if len(summary.findings) > MOST_FINDINGS:
        table.caption = f"and {len(summary.findings) - MOST_FINDINGS} more kinds; see the view finding"
    return table


def show_status(console: Console, status: dict[str, Any], summary: Summary | None) -> None:
    """What the published snapshot of a study holds, if there is one, and how the last run went."""
    about = [*last_run_lines(status["last_run"]), f"On disk: {status['disk_bytes'] / 2**20:,.0f} MiB."]
    about.append(f"Being written by {status['writer']}." if status["writer"] else "Nobody is writing to it.")
    if summary is None:
        lines = [f"{status['study']}: nothing is published yet.", *about]
        console.print(Group(*(Text(line) for line in lines)))
        return
    counts = Counts(summary.counts)
    published = counts["published_at"]
    lines = [
        f"{status['study']}: {counts}",
        agreement_line(summary),
        f"Snapshot {counts['generation']}, published {moment(published)} ({age(published)}): {status['snapshot']}",
        *about,
    ]
    console.print(Group(*(Text(line) for line in lines)))
    if summary.verdicts:
        console.print(*verdict_tables(summary, console.width), sep="\n")
    if summary.findings:
        console.print(finding_table(summary))


def last_run_lines(record: dict[str, Any] | None) -> list[str]:
    """When the last run was, what it came to and where its time went."""
    if record is None:
        return []
    state = record["state"].replace("_", " ")
    stages = ", ".join(f"{stage['stage']} {stage['seconds']:.1f} s" for stage in record["stages"])
    line = f"Last run: {state}, ended {moment(record['ended_at'])}" + (f" ({stages})." if stages else ".")
    failed = [f"It failed: {record['error']}"] if record["error"] else []
    return [line, *missing_lines(record), *failed, *earlier_lines(record)]


def earlier_lines(record: dict[str, Any]) -> list[str]:
    """The runs before the last one, and when one came to its end where the last did not."""
    earlier = [f"{run['state'].replace('_', ' ')} ({moment(run['ended_at'])})" for run in record.get("earlier", [])]
    lines = [f"Before that: {', '.join(earlier[:MOST_EARLIER])}."] if earlier else []
    if record["error"] and "finished_at" in record:
        at = record["finished_at"]
        lines.append(f"A run last came to its end {moment(at)}." if at else "No run has come to its end yet.")
    return lines


def missing_lines(record: dict[str, Any]) -> list[str]:
    """What the last pull could not read, as far as its record tells."""
    counts: dict[str, Any] = next((stage["outcome"] for stage in record["stages"] if stage["stage"] == "pull"), {})
    n_lost = counts.get("n_lost", 0)
    if not n_lost:
        return []
    what = "1 source or file" if n_lost == 1 else f"{n_lost:,} sources or files"
    return [f"It could not read {what}, named among the findings; what was stored of them stays."]


def agreement_line(summary: Summary) -> str:
    """How many runs give, recomputed, the scores that their logs state."""
    agreeing, differing, alone = (summary.counts[f"runs_{name}"] for name in ("agreeing", "differing", "not_compared"))
    compared = agreeing + differing
    if not compared:
        return "No log states a score to compare with."
    rest = f"; {alone:,} more had nothing to compare" if alone else ""
    return f"{agreeing / compared:.0%} of runs agree with their log's own scores ({agreeing:,} of {compared:,}{rest})."


class Counts(dict[str, Any]):
    """Counts of a warehouse that read as a sentence."""

    def __str__(self) -> str:
        names = ("files", "runs", "samples", "models", "tasks", "ladders")
        return ", ".join(f"{self[name]:,} {name}" for name in names)


def show_error(console: Console, title: str, text: str) -> None:
    """One error in one panel."""
    console.print(Panel(Text(text), title=Text(title), title_align="left", border_style="red"))
