"""A comparison on the terminal: what changed, the sum of it, and the answer last."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.table import Table
from rich.text import Text

from reports import verdict_tables
from reports.comparison import Comparison
from reports.outcome import Outcome
from reports.verdict_tables import Line, Summary

PIPE_WIDTH = 120  # columns where the output is no terminal
MOST_CHANGES = 40
"""Lines of a comparison shown here; verdict.md has more, verdict.json all."""
STYLES = {"SLOWER": "bold red", "FASTER": "bold green", "UNCERTAIN": "dim"}


def console() -> Console:
    """Standard output; wide enough where it is no terminal."""
    found = Console(highlight=False)
    if not found.is_terminal:
        found.width = PIPE_WIDTH
    return found


def show(found: Comparison, result: Outcome, path: Path) -> None:
    """Print what changed, the sum of it, and the answer."""
    out = console()
    base, head, versions = verdict_tables.ends(found)
    lines = verdict_tables.lines(found, STYLES)
    if lines:
        shared = verdict_tables.common(found)
        out.print(Text(" · ".join(filter(None, (f"{base} → {head}", shared))), style="bold"), soft_wrap=True)
        out.print(changes(lines[:MOST_CHANGES]))
    if len(lines) > MOST_CHANGES:
        out.print(f"{len(lines) - MOST_CHANGES:,} more in {path.with_suffix('.json').name}.")
    if found.judged:
        out.print(summary(verdict_tables.by_backend(found)))
    for own in verdict_tables.turned(found)[:MOST_CHANGES]:
        out.print(Text(f"• {own}", style="red"))
    for note in [versions, *(verdict_tables.notes(found) if found.judged else [])]:
        out.print(Text(f"• {note}"))
    out.print(Text(result.answer, style="bold"))
    out.print(Text(f"verdict: {path}"), soft_wrap=True)


def changes(lines: Sequence[Line]) -> Table:
    """A line per case; the uncertain ones in grey."""
    found = Table(header_style="bold", pad_edge=False, box=None)
    setting = ["setting"] if any(own.setting for own in lines) else []
    for name in ("case", "on", *setting):
        found.add_column(name)
    for name in ("base", "head", "change", "95 % interval"):
        found.add_column(name, justify="right")
    for own in lines:
        cells = (own.what, own.where, *([own.setting] if setting else []), own.base, own.head, own.change, own.interval)
        found.add_row(*map(Text, cells), style=STYLES[own.word])
    return found


def summary(rows: Sequence[Summary]) -> Table:
    """A line per backend and mode."""
    found = Table(header_style="bold", pad_edge=False, box=None)
    found.add_column("")
    for name in ("slower", "faster", "uncertain", "same", "geometric mean"):
        found.add_column(name, justify="right")
    for own in rows:
        counts = (own.slower, own.faster, own.uncertain, own.same)
        found.add_row(Text(own.name), *(f"{count:,}" if count else "–" for count in counts), own.change)
    return found
