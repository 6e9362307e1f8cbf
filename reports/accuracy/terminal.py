"""The atlas on the terminal: its findings, and the path of the page."""

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from rich.table import Table
from rich.text import Text

from reports.accuracy import atlas, changes, findings, subjects
from reports.accuracy.changes import Comparison
from reports.comparison.verdict_terminal import console

MOST = 40
"""The number of changes shown here; the file has them all."""
STYLES = {"WORSE": "bold red", "BETTER": "bold green", "EQUAL": "dim"}


def show(rows: pd.DataFrame, notes: Sequence[str], page: Path) -> None:
    """Print the findings, the coverage and the path of the page."""
    out = console()
    for line in findings.findings(list(atlas.settings(rows)), subjects.subjects(rows)):
        out.print(Text(f"• {line}"))
    out.print(Text(f"• {atlas.coverage(rows)}."))
    if strides := atlas.strides(rows):
        out.print(Text(f"• Sampled: {strides}.", style="bold"))
    for note in notes:
        out.print(Text(f"• {note}", style="red"))
    out.print(Text(f"report: {page}"), soft_wrap=True)


def show_comparison(comparison: Comparison, path: Path) -> None:
    """Print the changes from OLD to NEW, and the path of the table of all."""
    out = console()
    rows = [changes.row(change) for change in comparison.changes if change.word != "SAME"]
    table = Table(header_style="bold", pad_edge=False, box=None)
    for name in ("", "subject", "on"):
        table.add_column(name)
    for name in ("other bits", "worst (ulp)", "P(> 1 ulp)"):
        table.add_column(name, justify="right")
    table.add_column("wrong outright")
    for row in rows[:MOST]:
        table.add_row(*(Text(cell) for cell in row.values()), style=STYLES.get(row["word"], ""))
    if rows:
        out.print(table)
    if len(rows) > MOST:
        out.print(f"{len(rows) - MOST:,} more in {path.name}.")
    for line in (f"OLD {comparison.old}", f"NEW {comparison.new}", *comparison.notes):
        out.print(Text(f"• {line}"))
    counts = ", ".join(f"{number} {changes.WORDS[word]}" for word, number in comparison.counts.items())  # type: ignore[index]
    out.print(Text(f"{len(comparison.changes)} subjects: {counts}", style="bold"))
    out.print(Text(f"report: {path}"), soft_wrap=True)
