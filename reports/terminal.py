"""The report on the terminal: one table per direction at the largest size, then the findings."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import pandas as pd
from rich.text import Text

from reports import formats
from reports.data import tables
from reports.data.load import Run
from reports.data.standings import Standings
from reports.data.tables import Panel
from reports.history import gate, timeline
from reports.page import terminal
from reports.page.section import Table
from reports.speed import findings, fitting, panel_tables


def show(runs: Sequence[Run], table: pd.DataFrame, report: Path) -> None:
    """Print the report, and the path of the page."""
    out = terminal.console()
    several, damaged = len(runs) > 1, sum(run.damaged_count for run in runs)
    answers = list(latest(runs))
    runs, table = fitting.detailed(runs, table)
    panels = tables.panels(table)
    first = [p for p in panels if (p.run, p.setting) == (panels[0].run, panels[0].setting)]
    of_run = f"{panels[0].run} · " if several and panels else ""
    for panel in first:  # a title of its own, since a table wraps its title at its width
        out.print(Text(f"{of_run}{panel.title}: ms per call", style="bold"), soft_wrap=True)
        out.print(terminal.table(panel_table(panel)))
    if len(panels) > len(first):
        out.print(f"{formats.count(len(panels) - len(first), 'more table')} in the report.")
    for answer in answers:
        out.print(Text(f"• {answer}", style="bold"))
    for line in findings.findings(table, {run.name: Standings(run) for run in runs}):
        out.print(Text(f"• {line}"))
    out.print(Text(f"• {findings.counts(table)}."))
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


def panel_table(panel: Panel) -> Table:
    """Return the times of a panel, with the means of the multiples of a copy in a row of their own."""
    table = panel_tables.times(panel)
    ratios = panel.means("x_copy")
    copies = [(formats.digits(ratios[name]), "", "") for name in panel.columns]
    row = {"label": "× copy (geometric)"} | panel_tables.numbered(copies)
    columns = [replace(column, heading=column.heading.replace(" ", "\n", 1), note="") for column in table.columns]
    return replace(table, rows=pd.concat([table.rows, pd.DataFrame([row])]), columns=columns, foot=2)
