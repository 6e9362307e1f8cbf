"""The atlas on the terminal: what was found, and where the page lies."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from rich.table import Table
from rich.text import Text

from reports.accuracy import atlas, changes, findings, subjects, views
from reports.accuracy.changes import Comparison
from reports.verdict_terminal import console

MOST = 40
"""Changes shown here; the file has them all."""
STYLES = {"WORSE": "bold red", "BETTER": "bold green", "EQUAL": "dim"}


def show(rows: pd.DataFrame, notes: Sequence[str], page: Path) -> None:
    """Print it."""
    out = console()
    for line in findings.findings(list(atlas.settings(rows)), subjects.subjects(rows)):
        out.print(Text(f"• {line}"))
    out.print(Text(f"• {atlas.coverage(rows)}."))
    if strides := views.strides(rows):
        out.print(Text(f"• Sampled: {strides}.", style="bold"))
    for note in notes:
        out.print(Text(f"• {note}", style="red"))
    out.print(Text(f"report: {page}"), soft_wrap=True)


def compared(found: Comparison, path: Path) -> None:
    """Print what changed from OLD to NEW, and where the table of all lies."""
    out = console()
    rows = [changes.row(own) for own in found.changes if own.word != "SAME"]
    table = Table(header_style="bold", pad_edge=False, box=None)
    for name in ("", "subject", "on"):
        table.add_column(name)
    for name in ("other bits", "worst (ulp)", "P(> 1 ulp)"):
        table.add_column(name, justify="right")
    table.add_column("wrong outright")
    for own in rows[:MOST]:
        table.add_row(*(Text(cell) for cell in own.values()), style=STYLES.get(own["word"], ""))
    if rows:
        out.print(table)
    if len(rows) > MOST:
        out.print(f"{len(rows) - MOST:,} more in {path.name}.")
    for line in (f"OLD {found.old}", f"NEW {found.new}", *found.notes):
        out.print(Text(f"• {line}"))
    counts = ", ".join(f"{number} {changes.WORDS[word]}" for word, number in found.counts.items())  # type: ignore[index]
    out.print(Text(f"{len(found.changes)} subjects: {counts}", style="bold"))
    out.print(Text(f"report: {path}"), soft_wrap=True)
