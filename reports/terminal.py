"""The table on the terminal: one per direction at the largest size, then what was found."""

from pathlib import Path
from typing import Any

import pandas as pd
from rich.console import Console
from rich.table import Table
from rich.text import Text

from reports import formats, render, tables

PIPE_WIDTH = 120  # columns where the output is no terminal


def show(table: pd.DataFrame, report: Path, damaged: int = 0) -> None:
    """Print it, and where the report lies."""
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = PIPE_WIDTH
    panels = tables.panels(table)
    first = [p for p in panels if (p.run, p.setting) == (panels[0].run, panels[0].setting)]
    for panel in first:
        console.print(grid(render.grid(panel)))
    if len(panels) > len(first):
        console.print(f"{formats.count(len(panels) - len(first), 'more table')} in the report.")
    for line in tables.findings(table):
        console.print(Text(f"• {line}"))
    if damaged:
        console.print(Text(f"• {formats.count(damaged, 'damaged line')} set aside; the report names them."))
    console.print(Text(f"report: {report}"), soft_wrap=True)


def grid(panel: dict[str, Any]) -> Table:
    """A panel; the winner of a row in bold green and starred, where the difference is real."""
    found = Table(title=Text(f"{panel['title']}: ms per call"), header_style="bold", pad_edge=False, box=None)
    found.add_column("activation", no_wrap=True, max_width=24)
    for column in panel["columns"]:
        found.add_column(Text(column.replace(" ", "\n", 1)), justify="right", no_wrap=True)
    for row in panel["rows"]:
        found.add_row(Text(row["label"]), *map(cell, row["cells"]))
    found.add_section()
    means = panel["means"]
    found.add_row(Text(f"mean of {panel['common']} (geometric)"), *(mean["ms"] or "–" for mean in means), style="bold")
    found.add_row(Text("× copy (geometric)"), *(mean["x"] or "–" for mean in means), style="bold")
    return found


def cell(figures: dict[str, Any]) -> Text:
    """Milliseconds, or the status of a case without."""
    if not figures["ms"]:
        return Text(figures["status"], style="red") if figures["status"] else Text("–", style="dim")
    return Text(f"★ {figures['ms']}", style="bold green") if figures["best"] else Text(figures["ms"])
