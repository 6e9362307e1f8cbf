"""The report on the terminal: one table per direction at the largest size, then the findings."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd
from rich.table import Table
from rich.text import Text

from reports import formats, render
from reports.comparison import views
from reports.comparison.verdict_terminal import console
from reports.data import tables, tidy
from reports.data.load import Run
from reports.history import gate, history, timeline
from reports.speed import findings


def show(runs: Sequence[Run], table: pd.DataFrame, report: Path) -> None:
    """Print the report, and the path of the page."""
    out = console()
    several, damaged = len(runs) > 1, sum(run.damaged_count for run in runs)
    answers = list(latest(runs))
    runs, table = history.detailed(runs, table)
    panels = tables.panels(table)
    first = [p for p in panels if (p.run, p.setting) == (panels[0].run, panels[0].setting)]
    of_run = f"{panels[0].run} · " if several and panels else ""
    for panel in first:  # a title of its own, since a table wraps its title at its width
        out.print(Text(f"{of_run}{panel.title}: ms per call", style="bold"), soft_wrap=True)
        out.print(grid(views.grid(panel)))
    if len(panels) > len(first):
        out.print(f"{formats.count(len(panels) - len(first), 'more table')} in the report.")
    for answer in answers:
        out.print(Text(f"• {answer}", style="bold"))
    for line in findings.findings(table, {run.name: tidy.noise_floor(run) for run in runs}):
        out.print(Text(f"• {line}"))
    out.print(Text(f"• {render.counts(table)}."))
    if damaged:
        out.print(Text(f"• {formats.count(damaged, 'damaged line')} set aside; the report names them."))
    out.print(Text(f"report: {report}"), soft_wrap=True)


def latest(runs: Sequence[Run]) -> Iterator[str]:
    """Yield whether the newest run got slower: between its sides, or since the previous run on its machine."""
    stops = timeline.stops(runs)
    newest = gate.judge(stops[-1], stops[:-1])
    if newest.reason:
        yield newest.reason
    if newest.comparison and newest.result:
        base, head = (formats.short(side.label) for side in (newest.comparison.base, newest.comparison.head))
        yield f"{head} against {base}: {newest.result.answer}" if len(runs) > 1 else newest.result.answer


def grid(panel: dict[str, Any]) -> Table:
    """Return the table of a panel; the winner of a row is bold, green and starred where the difference is real."""
    table = Table(header_style="bold", pad_edge=False, box=None)
    table.add_column("activation", no_wrap=True, max_width=24)
    for column in panel["columns"]:
        table.add_column(Text(column.replace(" ", "\n", 1)), justify="right", no_wrap=True)
    for row in panel["rows"]:
        table.add_row(Text(row["label"]), *map(cell, row["cells"]))
    table.add_section()
    means = panel["means"]
    table.add_row(Text(f"mean of {panel['common']} (geometric)"), *(mean["ms"] or "–" for mean in means), style="bold")
    table.add_row(Text("× copy (geometric)"), *(mean["x"] or "–" for mean in means), style="bold")
    return table


def cell(figures: dict[str, Any]) -> Text:
    """Return milliseconds, or the status of a case without a time."""
    if not figures["ms"]:
        return Text(figures["status"], style="red") if figures["status"] else Text("–", style="dim")
    return Text(f"★ {figures['ms']}", style="bold green") if figures["best"] else Text(figures["ms"])
