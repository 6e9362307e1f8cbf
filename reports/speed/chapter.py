"""The chapter on the speed of each activation."""

from collections.abc import Iterator, Mapping, Sequence

import pandas as pd

from reports import formats
from reports.comparison import outcome, sides, verdict_section
from reports.comparison.comparison import compare
from reports.data import gpu, tables
from reports.data.load import Run
from reports.data.standings import Standings
from reports.data.tables import Panel
from reports.metrics import METRICS, Metric
from reports.page.chapter import Chapter
from reports.page.section import Block, Chart, Column, Facts, Fold, Items, Section, Table, Words, table_of
from reports.recorded import differences
from reports.speed import chart_sections, findings, heat, panel_tables, sentences
from reports.speed import runs as run_facts
from reports.speed.fitting import fitting

HEADING = "How fast is each activation?"
LEFT_OUT = "in table.parquet and table.csv alone"
COPY_WORDS = (
    "How many times as long as copying the same tensor: **1 is what memory allows**, pale is near it. ★ the fastest "
    "of its row; ≈ tied for the fastest, the tooltip says within how much; – no time, [see why](#failures)."
)
TIMES_WORDS = (
    "Milliseconds per call, and in small type times a copy. Marked: every other column is certainly behind; "
    "where no cell is marked, several are tied."
)
SELFCHECK_WORDS = (
    "Before it is believed, the harness times what is known: a backend of known cost, identical code, a slowdown put "
    "in on purpose."
)
FAILURE_COLUMNS = (
    Column("run", "run"),
    Column("column", "backend"),
    Column("status", "status", mark="mark"),
    Column("cases", "cases", is_number=True),
    Column("which", "which"),
    Column("reason", "why"),
)
SELFCHECK_COLUMNS = (
    Column("what", "what"),
    Column("asked", "asked"),
    Column("seen", "seen"),
    Column("holds", "holds", mark="mark"),
)
METRIC_COLUMNS = (
    Column("column", "column", is_code=True),
    Column("unit", "unit"),
    Column("better", "better"),
    Column("meaning", "meaning"),
)


def chapter(runs: Sequence[Run], table: pd.DataFrame, older: int = 0) -> Chapter:
    """Return the chapter on the runs; the number of `older` runs is left to the history."""
    fit = fitting(table)
    standings = {run.name: Standings(run) for run in runs}
    blocks: list[Block] = []
    if older:
        text = f"The newest of {older + len(runs)} runs; the figures of the others are {LEFT_OUT}, and in the "
        blocks.append(Words(f"{text}[history](#history).", "soft"))
    blocks += [facts(run, table, standings[run.name]) for run in runs]
    blocks += [verdict(run) for run in runs if run.alternated and len(runs) + older == 1]
    blocks += gpu_notes(runs, table)
    blocks += [
        three_sentences(runs, table, standings),
        copies(fit, findings_fold(table, standings)),
        *chart_sections.sections(fit),
    ]
    blocks += [times(fit, len(table) - len(fit)), without_time(runs, table), *selfcheck(runs)]
    blocks.append(meanings(METRICS, "table.csv and table.parquet", longest=0))
    return Chapter("speed", "Speed", HEADING, blocks)


def facts(run: Run, table: pd.DataFrame, standings: Standings) -> Facts:
    """Return the machine, versions, date and noise of a run."""
    pairs = {"machine": run_facts.machine(run), "versions": run_facts.versions(run, table)}
    measured = f"{run_facts.date(run)} · {formats.text(run.name)}"
    return Facts(formats.text(run.name), pairs | {"measured": measured, "noise": findings.noise(standings)})


def verdict(run: Run) -> Section:
    """Return the verdict on a run of two sides."""
    comparison = compare(*sides.of_run(run))
    return Section("Did it get slower?", verdict_section.blocks(comparison, outcome.decide(comparison)), is_card=True)


def gpu_notes(runs: Sequence[Run], table: pd.DataFrame) -> list[Words]:
    """Return the notes beside times of a GPU."""
    return [Words(formats.markdown(line), "soft") for line in gpu.notes(runs, table)]


def three_sentences(runs: Sequence[Run], table: pd.DataFrame, standings: Mapping[str, Standings]) -> Items:
    """Return the three sentences of the first screen."""
    divergences = differences.find_divergences(runs[:1])
    keras = differences.verdict(differences.keras_disagreements())
    three = sentences.three(table, standings, len(divergences), keras)
    return Items([f"**{topic}**: {formats.markdown(sentence)}" for topic, sentence in three.items()], style="three")


def copies(table: pd.DataFrame, fold: Fold) -> Section:
    """Return the section of the heat map, with the findings below it."""
    if not len(tables.activations(table)):
        return Section("Time against a copy", [Words(COPY_WORDS), Words("No activation was measured.", "fault"), fold])
    return Section(
        "Time against a copy", [Words(COPY_WORDS), Chart("heat", heat.heat_map(table), heat.words(table)), fold]
    )


def findings_fold(table: pd.DataFrame, standings: Mapping[str, Standings]) -> Fold:
    """Return the findings in figures."""
    panels = tables.panels(table)
    blocks: list[Block] = []
    if panels:
        others = "; other settings below" if panels[-1].setting != panels[0].setting else ""
        blocks.append(Words(formats.markdown(title(panels[0].setting, panels[0], len(standings) > 1)) + others, "soft"))
    blocks.append(Items([formats.markdown(line) for line in findings.findings(table, standings)]))
    counted = formats.markdown(findings.counts(table))
    blocks.append(Words(f"{counted}. Every time belongs to an output that was checked.", "soft"))
    return Fold("What was found, in figures", blocks)


def title(text: str, panel: Panel, has_others: bool) -> str:
    """Return a title of a panel, after the name of its run where there are several."""
    return f"{formats.text(panel.run)} · {text}" if has_others else text


def times(table: pd.DataFrame, left_out: int) -> Section:
    """Return a table of times for each setting and direction; the number of cases `left_out` is told."""
    panels = tables.panels(table)
    has_others = len(set(table["run"])) > 1
    folds = [
        Fold(
            formats.markdown(title(panel.title, panel, has_others)),
            [panel_tables.times(panel)],
            is_open=panel is panels[0],
        )
        for panel in panels
    ]
    rest = f"This page holds the first settings; the other {left_out:,} cases are {LEFT_OUT}."
    return Section("Times", [*([Words(rest, "soft")] if left_out else []), Words(TIMES_WORDS), *folds])


def without_time(runs: Sequence[Run], table: pd.DataFrame) -> Section:
    """Return the section of the cases without a time, and of the damaged lines."""
    rows = failures(table)
    columns = FAILURE_COLUMNS if len(runs) > 1 else FAILURE_COLUMNS[1:]
    every = Words("Every case that was run has a time.")
    return Section(
        "Without a time", [Table(rows, columns, style="words") if len(rows) else every, *damaged(runs)], "failures"
    )


def failures(table: pd.DataFrame) -> pd.DataFrame:
    """Return the cases without a time as a table shows them."""
    rows = tables.failures(table)
    return rows.assign(
        column=rows["backend"] + " " + rows["mode"],
        status=[str(name).replace("_", " ") for name in rows["status"]],
        reason=[reason or "no reason was recorded" for reason in rows["reason"]],
        mark="fault",
    )


def damaged(runs: Sequence[Run]) -> Iterator[Fold]:
    """Yield the damaged lines of the runs, if there are any."""
    lines = [formats.markdown(f"{run.name}: {line}") for run in runs for line in run.damaged]
    if lines:
        yield Fold(f"Damaged lines, set aside: {len(lines)}", [Items(lines)], mark="fault")


def selfcheck(runs: Sequence[Run]) -> Iterator[Section]:
    """Yield the checks of the harness on itself, of the first run that has them."""
    checks = next((run.selfcheck for run in runs if run.selfcheck), ())
    if checks:
        rows = [
            (check.what, check.limit, check.seen, "yes" if check.holds else "no", "" if check.holds else "fault")
            for check in checks
        ]
        frame = pd.DataFrame(rows, columns=["what", "asked", "seen", "holds", "mark"])
        words = Words(SELFCHECK_WORDS)
        yield Section("The harness measured", [words, Table(frame, SELFCHECK_COLUMNS, style="words")])


def meanings(metrics: Sequence[Metric], files: str, longest: int | None = None) -> Section:
    """Return the section on the meaning of each column of these files; `longest` is that of its table."""
    table = table_of(metrics, METRIC_COLUMNS, style="words", longest=longest)
    return Section("What the figures mean", [Fold(f"Columns of {files}", [table])])
