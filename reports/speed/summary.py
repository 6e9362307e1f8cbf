"""The summary of a report, for the page of a workflow's run."""

from collections.abc import Iterator, Sequence

import pandas as pd

from reports import formats
from reports.comparison import outcome, sides
from reports.comparison.comparison import compare
from reports.data import tables
from reports.data.load import Run
from reports.data.standings import Standings
from reports.page import markdown
from reports.page.section import Block, Items, Section, Table, Words
from reports.speed import chapter, findings, panel_tables
from reports.speed import runs as run_facts

MOST_FAILURES = 10
"""The number of kinds of failure that get a line each; the report has them all."""


def as_markdown(runs: Sequence[Run], table: pd.DataFrame, older: int = 0) -> str:
    """Return the summary of the runs; the number of `older` runs is left out."""
    standings = {run.name: Standings(run) for run in runs}
    blocks: list[Block] = [Words(run_line(run, table)) for run in runs]
    blocks += chapter.gpu_notes(runs, table)
    blocks += [Words(answer(run), "strong") for run in runs if run.alternated and len(runs) + older == 1]
    blocks += [chapter.three_sentences(runs, table, standings), *means(table), *failures(table)]
    blocks.append(
        Words(formats.markdown(f"{findings.counts(table)}. Noise: {findings.noise(standings[runs[0].name])}"))
    )
    return markdown.render([Section(chapter.HEADING, blocks)], level=3)


def run_line(run: Run, table: pd.DataFrame) -> str:
    """Return a run with its date, machine and versions."""
    name, date, machine = map(formats.markdown, (run.name, run_facts.date(run), run_facts.machine(run)))
    return f"{name}, {date}: {machine}; {formats.markdown(run_facts.versions(run, table))}"


def answer(run: Run) -> str:
    """Return whether the second side of a run is slower than the first."""
    return formats.markdown(outcome.decide(compare(*sides.of_run(run))).answer)


def means(table: pd.DataFrame) -> Iterator[Block]:
    """Yield the geometric means of the first setting, a row per direction."""
    panels = tables.panels(table)
    if panels:
        first = panels[0]
        key = (first.run, first.side, first.setting, first.columns)
        alike = [panel for panel in panels if (panel.run, panel.side, panel.setting, panel.columns) == key]
        rows = [
            panel_tables.means(panel, f"{formats.text(panel.direction)}, {len(panel.common())} activations")
            for panel in alike
        ]
        words = "milliseconds per call, in parentheses × the time of a copy, geometric means."
        yield Words(f"{formats.markdown(first.setting)}: {words}")
        yield Table(pd.DataFrame(rows), panel_tables.columns("", first))


def failures(table: pd.DataFrame) -> Iterator[Items]:
    """Yield the kinds of failure, if there are any."""
    rows = chapter.failures(table)
    lines = [
        f"**{formats.markdown(row['status'])}** on {formats.markdown(row['column'])}: {row['cases']} of "
        f"{formats.markdown(formats.short(row['which']))}. {formats.markdown(formats.short(row['reason']))}"
        for row in rows.head(MOST_FAILURES).to_dict("records")
    ]
    if len(rows) > MOST_FAILURES:
        lines.append(f"{len(rows) - MOST_FAILURES} more kinds of failure, in the report.")
    if lines:
        yield Items(lines)
