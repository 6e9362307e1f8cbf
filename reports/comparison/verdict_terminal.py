"""A comparison on the terminal: the changes, the summary, and the answer last."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from reports.comparison import verdict_tables
from reports.comparison.comparison import Comparison
from reports.comparison.outcome import Outcome
from reports.comparison.verdict_tables import Line, Summary

PIPE_WIDTH = 120  # columns, where the output is no terminal
MOST_CHANGES = 40
"""The number of cases shown on the terminal; verdict.md has more, verdict.json all."""
STYLES = {"SLOWER": "bold red", "FASTER": "bold green", "UNCERTAIN": "dim"}


def console() -> Console:
    """Return standard output as a console, of a fixed width where it is no terminal."""
    out = Console(highlight=False)
    if not out.is_terminal:
        out.width = PIPE_WIDTH
    return out


def show(comparison: Comparison, result: Outcome, path: Path) -> None:
    """Print the changes, the summary, and the answer."""
    out = console()
    base, head, versions = verdict_tables.side_labels(comparison)
    lines = verdict_tables.lines(comparison, STYLES)
    if lines:
        shared = verdict_tables.common(comparison)
        out.print(Text(" · ".join(filter(None, (f"{base} → {head}", shared))), style="bold"), soft_wrap=True)
        out.print(changes(lines[:MOST_CHANGES]))
    if len(lines) > MOST_CHANGES:
        out.print(f"{len(lines) - MOST_CHANGES:,} more in {path.with_suffix('.json').name}.")
    if comparison.cases:
        out.print(summary(verdict_tables.by_backend(comparison)))
    for line in verdict_tables.status_change_lines(comparison)[:MOST_CHANGES]:
        out.print(Text(f"• {line}", style="red"))
    for note in [versions, *(verdict_tables.notes(comparison) if comparison.cases else [])]:
        out.print(Text(f"• {note}"))
    out.print(Text(result.answer, style="bold"))
    out.print(Text(f"verdict: {path}"), soft_wrap=True)


def changes(lines: Sequence[Line]) -> Table:
    """Return a table with a row per case; uncertain ones are grey."""
    table = Table(header_style="bold", pad_edge=False, box=None)
    setting = ["setting"] if any(line.setting for line in lines) else []
    for name in ("case", "on", *setting):
        table.add_column(name)
    for name in ("base", "head", "change", "95 % interval"):
        table.add_column(name, justify="right")
    for line in lines:
        cells = (
            line.what,
            line.where,
            *([line.setting] if setting else []),
            line.base,
            line.head,
            line.change,
            line.interval,
        )
        table.add_row(*map(Text, cells), style=STYLES[line.word])
    return table


def summary(rows: Sequence[Summary]) -> Table:
    """Return a table with a row per backend and mode."""
    table = Table(header_style="bold", pad_edge=False, box=None)
    table.add_column("")
    for name in ("slower", "faster", "uncertain", "same", "geometric mean"):
        table.add_column(name, justify="right")
    for row in rows:
        counts = (row.slower, row.faster, row.uncertain, row.same)
        table.add_row(Text(row.name), *(f"{count:,}" if count else "–" for count in counts), row.change)
    return table
